//! What games are trained with, and the models that are linked in, where a feature of this crate says so.

use super::{Model, ModelError};

/// How large a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 1.2 MB: one bit a dimension.
    Small,
    /// 2.2 MB: two bits a dimension.
    Standard,
}

/// What a game is trained with when it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Meaning {
    /// Nothing: it is heard by its patterns alone.
    Off,
    /// Its own words.
    #[default]
    Words,
    /// A model beside its own words.
    With(Size),
}

const SIZES: [Size; 2] = [Size::Small, Size::Standard];

/// The linked model of that hash. One that is no model counts as not there: turns go on with words.
pub(crate) fn linked_as(hash: &[u8; 32]) -> Option<Model<'static>> {
    SIZES.iter().filter_map(|&size| linked(size).ok().flatten()).find(|model| model.hash() == hash)
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
