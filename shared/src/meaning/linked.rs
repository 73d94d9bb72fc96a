//! The models that are linked in, where a feature of this crate says so.

use super::{Model, ModelError};

/// How large a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1.2 MB: one bit a dimension.
    Small,
    /// 2.2 MB: two bits a dimension.
    Standard,
}

/// The model of that size; `None` where it is not linked in.
///
/// # Errors
/// When what was linked is no model of this version.
pub fn linked(size: Size) -> Result<Option<Model<'static>>, ModelError> {
    let bytes: Option<&'static [u8]> = match size {
        #[cfg(feature = "model-small")]
        Size::Small => Some(include_bytes!("../../models/small.lsem")),
        #[cfg(feature = "model-standard")]
        Size::Standard => Some(include_bytes!("../../models/standard.lsem")),
        #[allow(unreachable_patterns)] // where both are linked
        _ => None,
    };
    bytes.map(Model::open).transpose()
}
