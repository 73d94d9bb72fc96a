//! Templates: parsing (errors E001, E010–E012) and rendering. Rendering never fails.
