//! Windows, and what is used in them.
