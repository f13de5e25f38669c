//! What the Warehouses of a namespace may read, and where it is.

/// What the Warehouses of a namespace may read. A refusal is a sentence for the author of the Warehouse. It names no address.
pub trait Access {
    /// Where a folder of files is.
    ///
    /// # Errors
    /// The namespace may not read it.
    fn folder(&self, folder: &str) -> Result<String, String>;

    /// A project of BigQuery: whether any of its datasets may be read.
    ///
    /// # Errors
    /// The namespace may read none of them.
    fn project(&self, _project: &str) -> Result<(), String> {
        Ok(())
    }

    /// A dataset of a project.
    ///
    /// # Errors
    /// The namespace may not read it.
    fn dataset(&self, _project: &str, _dataset: &str) -> Result<(), String> {
        Ok(())
    }

    /// A project that pays for the queries on the tables of another one.
    ///
    /// # Errors
    /// The namespace may not charge it.
    fn payer(&self, _project: &str) -> Result<(), String> {
        Ok(())
    }

    /// A database, through a connection.
    ///
    /// # Errors
    /// The namespace may not read it, or it is known that there is no such connection.
    fn connection(&self, _connection: &str, _database: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Resolves folders, and allows everything else.
impl<F: Fn(&str) -> Result<String, String>> Access for F {
    fn folder(&self, folder: &str) -> Result<String, String> {
        self(folder)
    }
}
