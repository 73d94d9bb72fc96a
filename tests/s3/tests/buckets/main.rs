//! Archives and backups in a bucket, with a server that speaks S3: what lies there, what fails, and what is killed.

mod archive;
mod backups;
#[path = "../../../../origin/tests/service/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "../../../../origin/tests/service/desk.rs"]
#[allow(dead_code)]
mod desk;
mod kills;
mod places;
mod server;
