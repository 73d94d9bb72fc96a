//! An edge node in a process of its own, so that it can be killed. See `lgdl_tests::chaos::node`.

#[tokio::main]
async fn main() {
    lgdl_tests::chaos::node::obey().await;
}
