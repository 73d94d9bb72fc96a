//! A source of readable conversations on their way into a deployment: sealed as that deployment asks.

use async_trait::async_trait;

use super::Source;
use crate::privacy::Protection;
use crate::store::{Page, Record, Result, Section};

/// Seals what comes from another source. Data keys are made in the deployment's store where a person has none.
pub struct Sealing<'a> {
    /// Where readable conversations come from.
    pub source: &'a dyn Source,
    /// Seals them.
    pub protection: &'a dyn Protection,
}

#[async_trait]
impl Source for Sealing<'_> {
    fn name(&self) -> String {
        self.source.name()
    }

    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page> {
        let mut page = self.source.page(section, after, limit).await?;
        for record in &mut page.records {
            if let Record::Conversation(dump) = record {
                **dump = self.protection.seal_dump((**dump).clone()).await?;
            }
        }
        Ok(page)
    }
}
