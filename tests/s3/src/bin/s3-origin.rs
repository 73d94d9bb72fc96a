//! An origin as a process of its own, so that it can be killed: `lgdl serve`, without what a node takes to build.

#![forbid(unsafe_code)]

use lgdl_origin::Config;
use lgdl_origin::serve::serve;

#[tokio::main]
async fn main() {
    let config = Config::load(None).expect("the settings are right");
    serve(config, std::future::pending()).await.expect("it serves");
}
