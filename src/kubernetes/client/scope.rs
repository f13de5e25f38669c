//! Where the operator looks: one namespace, or all.

use kube::core::{ApiResource, DynamicResourceScope, NamespaceResourceScope, Resource};
use kube::{Api, Client};

/// Where the operator looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    Namespace(String),
    All,
}

impl Scope {
    /// The objects of a built-in kind.
    pub fn api<K>(&self, client: &Client) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        match self {
            Self::Namespace(namespace) => Api::namespaced(client.clone(), namespace),
            Self::All => Api::all(client.clone()),
        }
    }

    /// The objects of a kind that is known by its name.
    pub fn own<K>(&self, client: &Client, resource: &ApiResource) -> Api<K>
    where
        K: Resource<Scope = DynamicResourceScope, DynamicType = ApiResource>,
    {
        match self {
            Self::Namespace(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
            Self::All => Api::all_with(client.clone(), resource),
        }
    }
}
