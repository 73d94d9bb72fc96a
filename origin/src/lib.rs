//! The origin: what must last. Stores, the commit protocol, games, and the HTTP service that edges speak to.
//!
//! The command line lies in `cli` and calls what is public here; nothing here prints or exits.
//!
//! | command | calls |
//! |---|---|
//! | `lgdl serve` | [`serve()`] |
//! | `lgdl migrate up`, `status` | [`migrations::up`], [`migrations::status`] |
//! | `lgdl migrate sqlite-to-postgres`, `verify` | [`transfer::copy`], [`transfer::verify`] between [`transfer::StoreSource`]s, or from a [`transfer::PythonSource`] |
//! | `lgdl export`, `import` | [`transfer::export`], [`transfer::import`] |
//! | `lgdl cleanup` | [`cleanup::run`], [`cleanup::preview`] |
//! | `lgdl backup`, `restore` | [`backup::sqlite`], [`backup::postgres`] and their `restore_…`, [`backup::drill`] |
//! | `lgdl block`, `unblock`, `blocked` | [`blocks::add`], [`blocks::remove`], [`blocks::in_force`] |
//! | `lgdl learn` | [`replay::talks`], [`learning::proposals`], [`learning::draft()`], [`replay::shadow()`], [`learning::decide`] |
//! | `lgdl report` | [`report()`](report::report), [`learning::unmatched`] |
//! | `lgdl replay`, `why` | [`replay::shadow()`], [`replay::why()`] |
//! | `lgdl gdpr tombstones`, `reapply` | [`tombstones::bring_up_to_date`], [`tombstones::apply`] |
//! | `lgdl doctor`, `health` | [`doctor::Facts::gather`] and [`doctor::examine`], [`outbound::get`] |
//! | `lgdl gdpr proof`, `verify` | [`receipts::issue`], [`receipts::check`] |

pub mod admin;
pub mod alerts;
pub mod archives;
pub mod audit;
pub mod backup;
pub mod beginnings;
pub mod blocks;
pub mod bundle;
pub mod bus;
pub mod capabilities;
pub mod cleanup;
pub mod clock;
mod computing;
pub mod config;
pub mod consumer;
pub mod desk;
pub mod doctor;
pub mod exports;
pub mod facts;
pub mod files;
pub mod games;
pub mod hex;
pub mod http;
pub mod ids;
pub mod keys;
pub mod learning;
pub mod masking;
pub mod metrics;
pub mod migrations;
pub mod nodes;
pub mod objects;
pub mod outbound;
pub mod own_turns;
pub mod privacy;
pub mod random;
pub mod readable;
pub mod receipts;
pub mod records;
pub mod replay;
pub mod report;
pub mod serve;
pub mod sessions;
pub mod store;
pub mod supervised;
pub mod tls;
pub mod tokens;
pub mod tombstones;
pub mod transfer;
pub mod webhooks;
pub mod withdrawals;
pub mod work;

pub use config::Config;
pub use serve::{serve, start};
