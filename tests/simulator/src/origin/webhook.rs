//! The origin's webhook: its real deliveries, moved on step by step.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Bytes;
use http::Request;
use lgdl_origin::consumer::{Next, Sender};
use lgdl_origin::http::Origin;
use lgdl_origin::outbound::Reach;
use lgdl_origin::privacy::Unprotected;
use lgdl_origin::store::{BusRow, TextRight, Urgency, Wanted, WebhookRow};
use lgdl_origin::webhooks::{Driven, Hand, NewWebhook};

use super::{OriginHost, TENANT};
use crate::hook::{DELIVERERS, Got, Receiver};

/// A webhook, who is at its address, and who delivers.
pub(super) struct Webhook {
    row: WebhookRow,
    receiver: Arc<Receiver>,
    pub(super) deliverers: [Option<Driven>; DELIVERERS],
    /// Behind which event it was made, and up to where the events are known.
    began: u64,
    read: u64,
}

impl OriginHost {
    /// Makes a webhook, which hears of everything.
    pub(crate) fn make_webhook(&mut self, seed: u64, now_ms: i64) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let Origin { store, config, random, .. } = &self.origin;
        let (store, config, random) = (&**store, &**config, &**random);
        let hand = Hand { store, protection: &Unprotected, config, random, tenant: TENANT, actor: "simulator", now_ms };
        let new = NewWebhook {
            name: "all",
            url: "https://hooks.example.com/all",
            types: Vec::new(),
            urgency: Urgency::Any,
            text: TextRight::Withheld,
            follow_up_after_s: None,
        };
        let (row, read) = self.runtime.block_on(async {
            let (row, _) = hand.make(new).await.expect("a webhook is made");
            (row, store.bus_ends().await.expect("the store reads").last)
        });
        let receiver = Arc::new(Receiver::of(seed));
        self.webhook = Some(Webhook { row, receiver, deliverers: Default::default(), began: read, read });
    }

    /// Who is at the webhook's address.
    pub(crate) fn receiver(&self) -> Arc<Receiver> {
        Arc::clone(&self.webhook.as_ref().expect("a webhook").receiver)
    }

    /// The process of an origin that delivers ends.
    pub(crate) fn deliverer_ends(&mut self, deliverer: usize) {
        if let Some(webhook) = &mut self.webhook {
            webhook.deliverers[deliverer] = None;
        }
    }

    /// Has an origin hear what is new and, if it is time, deliver; what came to the address, and the events that are new.
    pub(crate) fn deliver(
        &mut self,
        deliverer: usize,
        delivers: bool,
        now_ms: i64,
    ) -> (Option<Next>, Vec<Got>, Vec<BusRow>) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let Some(Webhook { row, receiver, deliverers, read, .. }) = &mut self.webhook else {
            return (None, Vec::new(), Vec::new());
        };
        let origin = &self.origin;
        self.runtime.block_on(async {
            lgdl_origin::audit::drain(&*origin.store).await.expect("what was told is moved on");
            let mut rows = Vec::new();
            loop {
                let page = origin.store.bus_events(&Wanted::everything(), *read, 1_000).await.expect("events are read");
                let is_all = page.next == *read;
                *read = page.next;
                rows.extend(page.events);
                if is_all {
                    break;
                }
            }
            let driven = match &mut deliverers[deliverer] {
                Some(driven) => driven,
                gone => {
                    let receiver = Arc::clone(receiver);
                    let transport = Arc::new(move |request: Request<Bytes>| receiver.answer(&request));
                    let sender = Sender::over(transport, Reach::Internet, Duration::from_secs(10));
                    gone.insert(Driven::new(origin, row.clone(), sender).await.expect("it can be delivered to"))
                }
            };
            driven.listen().await.expect("events are read");
            let next = if delivers { Some(driven.step().await) } else { None };
            (next, receiver.take(), rows)
        })
    }

    /// All events that are there.
    pub(crate) fn all_events(&self) -> Vec<BusRow> {
        let store = &self.origin.store;
        let after = self.webhook.as_ref().map_or(0, |webhook| webhook.began);
        self.runtime.block_on(async {
            let (mut all, mut after) = (Vec::new(), after);
            loop {
                let page = store.bus_events(&Wanted::everything(), after, 1_000).await.expect("events are read");
                all.extend(page.events);
                if page.next == after {
                    return all;
                }
                after = page.next;
            }
        })
    }
}
