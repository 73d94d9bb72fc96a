//! Agents: they say that they are there, take over conversations that wait, speak, and hand back; each deed under its own key,
//! done again while nobody knows what became of it. And the origin's clock, which looks after hand-overs.

use std::rc::Rc;

use lgdl::engine::HandoverStage;
use lgdl_origin::desk::Deed;
use serde_json::{Map, json};

use crate::origin::{Answered, Deed as Done, agent_id};
use crate::plan::{AgentPlan, FaultKind, Link, SECOND_US};
use crate::world::World;

/// Conversations that an agent has at once.
const AT_ONCE: usize = 2;
/// How often an agent speaks, and hands back, percent of the looks at what they have.
const SPEAKS: u64 = 50;
const HANDS_BACK: u64 = 25;
/// How often an agent takes what is another's for their own, percent of the looks.
const CARELESS: u64 = 10;
/// How often the origin looks after hand-overs, microseconds.
const LOOK_EVERY_US: u64 = 2 * SECOND_US;

/// What an agent wants done, and whether it is.
struct Wanted {
    conversation: String,
    deed: Deed,
    key: String,
}

/// Serves the queue for as long as the world lasts.
pub(super) async fn serve(world: Rc<World>, plan: AgentPlan) {
    let mut wanted: Option<Wanted> = None;
    let mut number = 0_u64;
    loop {
        let (least, most) = plan.every_us;
        world.scheduler.sleep_us(world.draw().between(least, most)).await;
        let (gone, back) = plan.gone_us;
        if (gone..back).contains(&world.now_us()) {
            // Whoever begins again has forgotten what they were about.
            wanted = None;
            continue;
        }
        if !world.origin_is_up() || world.strikes(FaultKind::RequestsLost(Link::Clients)) {
            continue;
        }
        let open = world.origin.borrow().hand_overs(plan.number, world.now_ms());
        if wanted.is_none() {
            number += 1;
            wanted = choose(&world, &plan, open, number);
        }
        let Some(Wanted { conversation, deed, key }) = &wanted else { continue };
        let answered = act(&world, Some(plan.number), conversation, deed, key);
        world.tell(|| format!("{} has {answered:?} for {deed:?} in {conversation}", plan.name));
        if answered == Answered::Failed || world.strikes(FaultKind::AnswersLost(Link::Clients)) {
            continue;
        }
        if let Deed::Say { text } = deed
            && answered == Answered::Done
        {
            world.history.borrow_mut().sayings.insert(text.clone(), (conversation.clone(), true));
        }
        wanted = None;
    }
}

/// What to do next.
fn choose(
    world: &World,
    plan: &AgentPlan,
    open: Vec<(String, lgdl_origin::store::HandoverRow)>,
    number: u64,
) -> Option<Wanted> {
    let me = agent_id(plan.number);
    let (waiting, with): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, row)| row.stage == HandoverStage::Waiting);
    // Now and then somebody is wrong about what is theirs.
    let careless = world.draw().chance(CARELESS);
    let mine: Vec<_> = with.into_iter().filter(|(_, row)| careless || row.agent.as_ref() == Some(&me)).collect();
    let key = format!("{}.{number}", plan.name);
    if let Some((conversation, _)) = waiting.first()
        && mine.len() < AT_ONCE
        && world.draw().chance(70)
    {
        return Some(Wanted { conversation: conversation.clone(), deed: Deed::Accept, key });
    }
    if mine.is_empty() {
        return None;
    }
    let (conversation, _) = world.draw().pick(&mine).clone();
    let deed = match world.draw().below(100) {
        drawn if drawn < SPEAKS => {
            let text = format!("{} says {number}", plan.name);
            world.history.borrow_mut().sayings.insert(text.clone(), (conversation.clone(), false));
            Deed::Say { text }
        }
        drawn if drawn < SPEAKS + HANDS_BACK => {
            let values = match world.draw().chance(50) {
                true => Map::from_iter([("item".to_owned(), json!("soap"))]),
                false => Map::new(),
            };
            Deed::Return { values, outcome: "done".into(), notes: String::new() }
        }
        _ => return None,
    };
    Some(Wanted { conversation, deed, key })
}

/// Has the origin do it, and writes down what it committed.
fn act(world: &World, agent: Option<usize>, conversation: &str, deed: &Deed, key: &str) -> Answered {
    let (answered, committed) =
        world.origin.borrow().at_desk(agent, conversation, deed, key, &world.trips(), world.now_ms());
    if let Some((request, turn)) = committed {
        world.history.borrow_mut().at_desk.insert(request.fingerprint.clone(), (turn, agent));
        world.did(Done::Committed(Box::new(request)));
    }
    answered
}

/// The origin looks, while it runs, for agents who are gone and for people who have waited long enough.
pub(super) async fn look_after(world: Rc<World>) {
    loop {
        world.scheduler.sleep_us(LOOK_EVERY_US).await;
        if !world.origin_is_up() {
            continue;
        }
        let overdue = world.origin.borrow().look_after_hand_overs(world.now_ms());
        for (conversation, key) in overdue {
            let answered = act(&world, None, &conversation, &Deed::TimeOut, &key);
            world.tell(|| format!("nobody came in {conversation}: {answered:?}"));
        }
    }
}
