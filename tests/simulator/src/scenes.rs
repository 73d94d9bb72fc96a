//! Small worlds, each about one thing that went wrong once or that many rules stand against. Times and words differ by seed,
//! so that what matters happens now before and now after what it races with.

use crate::plan::{
    AgentPlan, CALL, ClientPlan, Erased, ErasurePlan, Fault, FaultKind, Flavour, Link, NodePlan, Patience, Plan,
    Program, SECOND_US, Services, Trip, TurnPlan, skew,
};
use crate::random::{Random, index};

/// A scene: fills an empty world.
type Scene = fn(&mut Stage);

/// The scene in which a node has the answer to what is said again, and nobody to ask.
pub(super) const LAST_SAID_AGAIN: &str = "says_the_last_again_while_away";

/// Every scene, with its name.
const SCENES: [(&str, Scene); 37] = [
    ("two_at_once", two_at_once),
    ("gives_up_in_the_middle", gives_up_in_the_middle),
    ("acts_on_another_state", acts_on_another_state),
    ("looks_up_once_more", looks_up_once_more),
    ("away_and_back", away_and_back),
    ("waits_at_two_nodes", waits_at_two_nodes),
    ("says_it_again_while_away", says_it_again_while_away),
    ("key_used_twice", key_used_twice),
    ("one_key_two_persons", one_key_two_persons),
    ("joined_by_a_stranger", joined_by_a_stranger),
    ("first_turn_waits_and_the_person_is_erased", first_turn_waits_and_the_person_is_erased),
    ("erased_while_turns_wait", erased_while_turns_wait),
    ("set_aside_and_erased", set_aside_and_erased),
    ("trips", trips),
    ("restored", restored),
    ("rekeyed", rekeyed),
    ("refused_for_good", refused_for_good),
    ("damaged", damaged),
    ("floods", floods),
    ("no_room_for_all", no_room_for_all),
    ("two_programs", two_programs),
    ("away_for_long", away_for_long),
    ("object_reset", object_reset),
    ("answers_lost", answers_lost),
    ("two_begin_one_conversation", two_begin_one_conversation),
    ("services_forget", services_forget),
    (LAST_SAID_AGAIN, says_the_last_again_while_away),
    ("says_an_old_one_again_while_away", says_an_old_one_again_while_away),
    ("comes_back_after_an_erasure", comes_back_after_an_erasure),
    ("speaks_with_a_clerk", speaks_with_a_clerk),
    ("clerk_is_gone", clerk_is_gone),
    ("two_clerks", two_clerks),
    ("erased_while_with_a_clerk", erased_while_with_a_clerk),
    ("tried_at_once", tried_at_once),
    ("told_by_a_webhook", told_by_a_webhook),
    ("looks_up_after_it_has_acted", looks_up_after_it_has_acted),
    ("one_try_does_not_act", one_try_does_not_act),
];

/// The names of all scenes.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SCENES.iter().map(|(name, _)| *name)
}

/// The scene of a number, told by a seed.
pub(super) fn of(number: u64, seed: u64) -> Plan {
    let (about, scene) = SCENES[index(number % SCENES.len() as u64)];
    let mut stage = Stage { random: Random::of(seed, "scene"), plan: Plan::empty(seed) };
    stage.plan.about = about;
    stage.plan.sealed = stage.random.chance(30);
    scene(&mut stage);
    stage.plan
}

/// A scene that is being set.
struct Stage {
    random: Random,
    plan: Plan,
}

/// Who says something: a person in a conversation, at a node.
#[derive(Clone, Copy)]
struct Who(&'static str, &'static str, usize);

/// The only person and conversation of most scenes.
const ANN: Who = Who("person0", "k0", 0);

impl Stage {
    fn nodes(&mut self, flavours: &[Flavour]) {
        let node = |flavour: &Flavour| NodePlan { flavour: *flavour, program: Program::Present, skew_ms: 0 };
        self.plan.nodes = flavours.iter().map(node).collect();
    }

    /// So many nodes of one kind, of whatever kind.
    fn alike(&mut self, count: usize, from: &[Flavour]) {
        let flavour = *self.random.pick(from);
        self.nodes(&vec![flavour; count]);
    }

    /// A client that says these words, with pauses of up to so many milliseconds between them. Gives its index.
    fn client(&mut self, who: Who, words: &[&'static str], pause_ms: u64) -> usize {
        let number = self.plan.clients.len();
        let turns = words.iter().enumerate().map(|(at, text)| TurnPlan {
            name: format!("t{number}.{at}"),
            text,
            pause_us: self.random.below(pause_ms * 1_000 + 1),
            key: None,
        });
        let Who(user, conversation, node) = who;
        let client = ClientPlan {
            name: format!("c{number}"),
            user: user.to_owned(),
            conversation: conversation.to_owned(),
            node,
            roams: 0,
            patience: Patience::Endless,
            turns: turns.collect(),
        };
        self.plan.clients.push(client);
        number
    }

    fn turn(&mut self, client: usize, turn: usize) -> &mut TurnPlan {
        &mut self.plan.clients[client].turns[turn]
    }

    /// Something goes wrong from one second to another.
    fn fault(&mut self, kind: FaultKind, from_s: u64, to_s: u64, percent: u64) {
        let name = format!("f{}", self.plan.faults.len());
        let (from_us, to_us) = (from_s * SECOND_US, to_s * SECOND_US);
        self.plan.faults.push(Fault { name, kind, from_us, to_us, percent });
    }

    /// The origin is away from about one second to about another.
    fn away(&mut self, from_s: u64, to_s: u64) {
        let (from_s, to_s) = (self.about(from_s), self.about(to_s));
        self.fault(FaultKind::OriginStops, from_s, to_s.max(from_s + 1), 100);
    }

    /// Up to a fifth sooner or later, seconds.
    fn about(&self, seconds: u64) -> u64 {
        self.random.between(seconds - seconds / 5, seconds + seconds / 5)
    }

    fn erases(&mut self, what: Erased, at_s: u64) {
        let name = format!("x{}", self.plan.erasures.len());
        self.plan.erasures.push(ErasurePlan { name, what, at_us: at_s * SECOND_US });
    }

    /// Somebody at the desk, who is gone from one second to another.
    fn clerk(&mut self, gone_s: Option<(u64, u64)>) {
        let number = self.plan.agents.len();
        let gone_us =
            gone_s.map_or((u64::MAX, u64::MAX), |(from, to)| (from * SECOND_US, to.saturating_mul(SECOND_US)));
        let name = format!("a{number}");
        self.plan.agents.push(AgentPlan { name, number, every_us: (SECOND_US / 2, 3 * SECOND_US), gone_us });
    }

    fn conversation(who: Who) -> Erased {
        Erased::Conversation { user: who.0.to_owned(), conversation: who.1.to_owned() }
    }

    fn person(who: Who) -> Erased {
        Erased::Person { user: who.0.to_owned() }
    }
}

const ANYWHERE: [Flavour; 3] = [Flavour::Worker, Flavour::Machine, Flavour::Spin];
const EXACT: [Flavour; 2] = [Flavour::Worker, Flavour::Machine];

/// Nothing fails. Devices of one person speak at the same moments, about what acts; whoever acts is told.
fn two_at_once(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    stage.plan.services = Services::Forget;
    for node in [0, 1, 0] {
        stage.client(
            Who("person0", "k0", node),
            &["rush order", "3", "order something", "tea", "7", "rush order", "7"],
            40,
        );
    }
}

/// A node ends after it has acted, and whoever asked never asks again: the place that the turn held becomes free.
fn gives_up_in_the_middle(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    stage.plan.lease_seconds = 5;
    let first = stage.client(ANN, &["rush order", "3"], 500);
    stage.plan.clients[first].patience = Patience::Tries(1);
    stage.fault(FaultKind::NodeCrashesAfterActing(0), 0, 20, 100);
    stage.client(Who("person0", "k0", 1), &["hello", "rush order", "7", "is it in stock"], 4_000);
}

/// A turn acts, and its node ends. When it is tried again, the conversation has gone on, and the same words act after fewer
/// look-ups, or more.
fn acts_on_another_state(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    stage.plan.lease_seconds = 5;
    let (mine, other): (&[&str], &[&str]) = match stage.random.chance(50) {
        true => (&["rush order", "3"], &["order something", "tea"]),
        false => (&["I want to order tea", "3"], &["rush order"]),
    };
    let slow = stage.client(ANN, mine, 200);
    stage.plan.clients[slow].patience = Patience::Hasty;
    stage.plan.clients[slow].roams = 50;
    stage.fault(FaultKind::NodeCrashesAfterActing(0), 0, 5, 100);
    let later = stage.client(Who("person0", "k0", 1), &[&["never mind"], other].concat(), 300);
    stage.turn(later, 0).pause_us = 1_500_000;
}

/// Look-ups fail before what acts, which is tried again.
fn looks_up_once_more(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    stage.plan.lease_seconds = 5;
    let client = stage.client(ANN, &["rush order", "3", "rush order", "7"], 2_000);
    stage.plan.clients[client].roams = 30;
    stage.fault(FaultKind::ServicesErr, 0, 30, 50);
    stage.fault(FaultKind::NodeCrashesAfterActing(0), 0, 30, 50);
    stage.fault(FaultKind::AnswersLost(Link::Origin), 0, 30, 50);
}

/// The origin goes in the middle of a conversation, which goes on, and comes back.
fn away_and_back(stage: &mut Stage) {
    stage.alike(1, &ANYWHERE);
    let words = ["hello", "order something", "tea", "3", "is it in stock", "rush order", "7", "hello"];
    stage.client(ANN, &words, 12_000);
    stage.client(ANN, &["is it in stock", "never mind", "hello"], 30_000);
    stage.away(15, 60);
}

/// Turns of one conversation wait at several nodes at once.
fn waits_at_two_nodes(stage: &mut Stage) {
    stage.alike(3, &ANYWHERE);
    for node in 0..2 {
        let words = ["hello", "order something", "tea", "3", "is it in stock", "rush order", "7"];
        let client = stage.client(Who("person0", "k0", node), &words, 8_000);
        stage.plan.clients[client].roams = 40;
    }
    stage.away(10, 45);
}

/// After a reload a client sends again what was answered long ago, with the origin away.
fn says_it_again_while_away(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine]);
    let words = ["hello", "order something", "tea", "3", "hello", "order something", "tea"];
    let client = stage.client(ANN, &words, 4_000);
    // One that the origin has, or one that waits itself.
    let again = if stage.random.chance(60) { index(stage.random.below(4)) } else { 4 };
    let (text, key) = (words[again], format!("t0.{again}"));
    for at in [5, 6] {
        let turn = stage.turn(client, at);
        (turn.text, turn.key) = (text, Some(key.clone()));
    }
    stage.turn(client, 5).pause_us = 3_000_000;
    stage.away(if stage.random.chance(50) { 6 } else { 12 }, 60);
}

/// The same of the last turn that the origin took: the node that ran it holds its answer, and needs nobody to give it.
fn says_the_last_again_while_away(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine]);
    let words = *stage.random.pick(&[["hello", "order something", "tea"], ["order something", "tea", "3"]]);
    let client = stage.client(ANN, &words, 1_000);
    let said = stage.turn(client, 1).text;
    let turn = stage.turn(client, 2);
    (turn.text, turn.key, turn.pause_us) = (said, Some("t0.1".to_owned()), 15_000_000);
    stage.away(8, 100);
}

/// Somebody says again what they said many turns ago, as a retry that was on its way for long, while the origin is away, and goes on.
fn says_an_old_one_again_while_away(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine]);
    let words = [
        "hello",
        "order something",
        "tea",
        "3",
        "hello",
        "is it in stock",
        "hello",
        "order something",
        "tea",
        "3",
        "hello",
        "is it in stock",
        "hello",
        "hello",
        "hello",
    ];
    let client = stage.client(ANN, &words, 400);
    let old = index(stage.random.between(0, 3));
    let said = stage.turn(client, old).text;
    let turn = stage.turn(client, 13);
    (turn.text, turn.key, turn.pause_us) = (said, Some(format!("t0.{old}")), 15_000_000);
    stage.away(10, 100);
}

/// One person uses one key for two requests, in one conversation or in two, while the origin is there and while it is not.
fn key_used_twice(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    let elsewhere = if stage.random.chance(60) { "k1" } else { "k0" };
    stage.client(ANN, &["hello", "is it in stock", "order something", "tea"], 8_000);
    let node = index(stage.random.below(2));
    let other =
        stage.client(Who("person0", elsewhere, node), &["hello", "rush order", "is it in stock", "hello"], 8_000);
    for at in 1..4 {
        stage.turn(other, at).key = Some(format!("t0.{at}"));
    }
    if stage.random.chance(70) {
        stage.away(12, 50);
    }
}

/// Two persons use the same keys, in conversations of their own.
fn one_key_two_persons(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    let words = ["rush order", "3", "order something", "tea", "7"];
    stage.client(ANN, &words, 3_000);
    let other = stage.client(Who("person1", "k1", 1), &words, 3_000);
    for at in 0..words.len() {
        stage.turn(other, at).key = Some(format!("t0.{at}"));
    }
}

/// Somebody else speaks in the conversation, before, while and after the origin is away.
fn joined_by_a_stranger(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    let words = ["hello", "order something", "tea", "3", "hello"];
    stage.client(ANN, &words, 8_000);
    let node = index(stage.random.below(2));
    stage.client(Who("stranger", "k0", node), &["hello", "rush order", "3", "is it in stock"], 10_000);
    if stage.random.chance(70) {
        stage.away(8, 40);
    }
}

/// The first turn of a conversation looks something up, cannot be committed and waits. Its person is erased before it arrives.
fn first_turn_waits_and_the_person_is_erased(stage: &mut Stage) {
    stage.alike(2, &[Flavour::Worker, Flavour::Spin]);
    if stage.random.chance(50) {
        // Ahead by less than what waits is given.
        stage.plan.nodes.iter_mut().for_each(|node| node.skew_ms = 45_000);
    }
    let client = stage.client(ANN, &["is it in stock"], 0);
    stage.plan.clients[client].patience = Patience::Tries(1);
    stage.turn(client, 0).pause_us = 1_000_000;
    // Long enough for the node to have asked whether there is a conversation.
    stage.fault(FaultKind::Delays(Link::Services), 0, 10, 100);
    let from_us = 1_000_000 + stage.random.between(40_000, 2_500_000);
    stage.fault(FaultKind::OriginStops, 0, 20, 100);
    stage.plan.faults[1].from_us = from_us;
    stage.erases(Stage::person(ANN), 18);
}

/// A conversation is erased, or its person, while turns of it wait.
fn erased_while_turns_wait(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    let client = stage.client(ANN, &["hello", "order something", "tea", "3", "hello"], 8_000);
    stage.plan.clients[client].roams = 20;
    stage.away(8, 40);
    let what = if stage.random.chance(50) { Stage::conversation(ANN) } else { Stage::person(ANN) };
    let at_s = stage.random.between(15, 60);
    stage.erases(what, at_s);
}

/// What is damaged is set aside, and then its conversation is erased.
fn set_aside_and_erased(stage: &mut Stage) {
    stage.alike(1, &EXACT);
    stage.client(ANN, &["hello", "order something", "tea", "3", "hello"], 6_000);
    stage.away(6, 40);
    stage.fault(FaultKind::EntryDamaged(0), 8, 40, 100);
    let what = if stage.random.chance(50) { Stage::conversation(ANN) } else { Stage::person(ANN) };
    stage.erases(what, 110);
}

/// The origin fails within requests.
fn trips(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    stage.plan.sealed = stage.random.chance(70);
    stage.plan.lease_seconds = 5;
    for who in [ANN, Who("person1", "k1", 1)] {
        stage.client(who, &["hello", "order something", "tea", "3", "rush order", "7"], 5_000);
    }
    for trip in Trip::ALL {
        let from_s = stage.random.below(30);
        let percent = *stage.random.pick(&[50, 100]);
        stage.fault(FaultKind::OriginTrips(trip), from_s, from_s + 20, percent);
    }
    let what = if stage.random.chance(50) { Stage::conversation(ANN) } else { Stage::person(ANN) };
    let at_s = stage.random.between(10, 50);
    stage.erases(what, at_s);
}

/// A person is erased by another process than the one that serves, which still has their key in memory, and comes back.
fn comes_back_after_an_erasure(stage: &mut Stage) {
    stage.alike(1, &ANYWHERE);
    stage.plan.sealed = true;
    stage.client(ANN, &["hello", "order something"], 2_000);
    let at_s = stage.random.between(12, 20);
    stage.erases(Stage::person(ANN), at_s);
    let back = stage.client(Who("person0", "k1", 0), &["hello", "order something", "tea"], 3_000);
    stage.turn(back, 0).pause_us = stage.random.between(25, 40) * SECOND_US;
}

/// The origin's store is put back to what it was a while ago, while nodes hold what came after.
fn restored(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    for node in 0..2 {
        let words =
            ["hello", "order something", "tea", "3", "rush order", "7", "hello", "order something", "milk", "3"];
        let client = stage.client(Who("person0", "k0", node), &words, 10_000);
        stage.plan.clients[client].roams = 10;
    }
    // A turn or two are lost most often: then a node holds a state with the number that another one is about to be given.
    let from_s = stage.random.between(8, 60);
    let lost_s = if stage.random.chance(70) { stage.random.between(3, 11) } else { stage.random.between(12, 40) };
    stage.fault(FaultKind::OriginRestored, from_s, from_s + lost_s, 100);
    if stage.random.chance(30) {
        stage.client(Who("person1", "k1", 0), &["hello", "order something", "tea"], 10_000);
        let what = if stage.random.chance(50) { Stage::conversation(ANN) } else { Stage::person(ANN) };
        let at_s = stage.random.between(2, 80);
        stage.erases(what, at_s);
    }
}

/// A node is started with another key while turns wait, and gets the right one again.
fn rekeyed(stage: &mut Stage) {
    stage.alike(1, &ANYWHERE);
    stage.client(ANN, &["hello", "order something", "tea", "3", "hello", "hello"], 12_000);
    stage.client(Who("person1", "k1", 0), &["hello", "is it in stock", "hello"], 20_000);
    stage.away(15, 70);
    let from_s = stage.random.between(25, 60);
    stage.fault(FaultKind::NodeRekeyed(0), from_s, from_s + 70, 100);
}

/// Something before the origin refuses every turn for good.
fn refused_for_good(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    let client = stage.client(ANN, &["hello", "order something", "tea", "3", "hello"], 8_000);
    stage.plan.clients[client].roams = 30;
    stage.away(8, 40);
    let from_s = stage.random.between(30, 45);
    stage.fault(FaultKind::OriginRefuses, from_s, from_s + 60, 100);
}

/// One of the turns that wait is damaged.
fn damaged(stage: &mut Stage) {
    stage.alike(1, &EXACT);
    stage.client(ANN, &["hello", "order something", "tea", "3", "is it in stock", "hello"], 7_000);
    stage.client(Who("person1", "k1", 0), &["hello", "is it in stock", "hello"], 10_000);
    stage.away(10, 60);
    stage.fault(FaultKind::EntryDamaged(0), 20, 60, 100);
}

/// Somebody asks far more than they may, and does not hear that they are to wait.
fn floods(stage: &mut Stage) {
    stage.alike(1, &EXACT);
    stage.plan.limit = Some(*stage.random.pick(&["6/minute", "3/20s", "12/minute"]));
    stage.plan.global_limit = "1000/minute";
    let flood = stage.client(ANN, &["hello"; 70], 1_000);
    stage.plan.clients[flood].patience = Patience::Floods;
    // The other one is there before, while and after the first is banned.
    stage.client(Who("person1", "k1", 0), &["hello"; 10], 10_000);
    if stage.random.chance(30) {
        let skew_ms = skew(&stage.random);
        stage.fault(FaultKind::ClockSet(0, skew_ms), 20, 60, 100);
    }
}

/// All together ask more than there is room for: nobody is to blame.
fn no_room_for_all(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine]);
    stage.plan.limit = Some("1000/minute");
    stage.plan.global_limit = *stage.random.pick(&["8/minute", "12/minute", "4/20s"]);
    for (user, conversation) in [("person0", "k0"), ("person1", "k1")] {
        let flood = stage.client(Who(user, conversation, 0), &["hello"; 45], 800);
        stage.plan.clients[flood].patience = Patience::Floods;
    }
}

/// Nodes of this program and of the one before it, with the origin away for a while.
fn two_programs(stage: &mut Stage) {
    stage.alike(3, &ANYWHERE);
    stage.plan.nodes[0].program = Program::Former;
    stage.plan.nodes[2].program = Program::Former;
    for node in 0..2 {
        let words = ["hello", "order something", "tea", "3", "rush order", "7", "hello"];
        let client = stage.client(Who("person0", "k0", node), &words, 7_000);
        stage.plan.clients[client].roams = 50;
    }
    stage.away(10, 40);
}

/// The origin is away for long, and many go on asking.
fn away_for_long(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine]);
    for (user, conversation) in [("person0", "k0"), ("person1", "k1"), ("person2", "k2")] {
        stage.client(Who(user, conversation, 0), &["hello"; 25], 6_000);
    }
    stage.fault(FaultKind::OriginStops, 20, 100, 100);
}

/// The journal does what it is asked and does not say so, as an object does that a deployment resets.
fn object_reset(stage: &mut Stage) {
    stage.nodes(&[Flavour::Worker, Flavour::Worker]);
    let client = stage.client(ANN, &["hello", "order something", "tea", "3", "hello", "hello"], 6_000);
    stage.plan.clients[client].roams = 20;
    stage.away(10, 45);
    stage.fault(FaultKind::JournalFails, 10, 60, 50);
}

/// Answers of the origin are lost while several speak at once, so that what was done is asked for again.
fn answers_lost(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    for node in 0..2 {
        stage.client(Who("person0", "k0", node), &["hello", "order something", "tea", "3", "hello"], 1_500);
    }
    let percent = *stage.random.pick(&[30, 60]);
    stage.fault(FaultKind::AnswersLost(Link::Origin), 0, 20, percent);
    stage.fault(FaultKind::Delays(Link::Origin), 0, 20, 20);
}

/// Two persons begin the same conversation at two machines. The turn of the first waits while the second becomes its owner.
fn two_begin_one_conversation(stage: &mut Stage) {
    stage.nodes(&[Flavour::Machine, Flavour::Machine]);
    stage.client(ANN, &["is it in stock"], 0);
    stage.turn(0, 0).pause_us = 1_000_000;
    stage.fault(FaultKind::Delays(Link::Services), 0, 10, 100);
    let from_us = 1_000_000 + stage.random.between(40_000, 2_500_000);
    stage.fault(FaultKind::OriginStops, 0, 11, 100);
    stage.plan.faults[1].from_us = from_us;
    stage.client(Who("stranger", "k0", 1), &["hello"], 0);
    let pause_us = stage.random.between(11_000_000, 14_000_000);
    stage.turn(1, 0).pause_us = pause_us;
}

/// Services forget what they have done, and their answers are lost: what acts is tried once only.
fn services_forget(stage: &mut Stage) {
    stage.alike(1, &ANYWHERE);
    stage.plan.services = Services::Forget;
    stage.client(ANN, &["rush order", "3", "order something", "tea", "7", "rush order", "3"], 3_000);
    let percent = *stage.random.pick(&[30, 60]);
    stage.fault(FaultKind::AnswersLost(Link::Services), 0, 60, percent);
}

/// One turn comes several times at once, to one node and to others, and the services do again whatever they are asked to.
fn tried_at_once(stage: &mut Stage) {
    let count = *stage.random.pick(&[1, 2]);
    stage.alike(count, &ANYWHERE);
    stage.plan.services = Services::Forget;
    stage.plan.lease_seconds = *stage.random.pick(&[1, 5, 60]);
    let client = stage.client(ANN, &["rush order", "3", "order something", "tea", "7"], 2_000);
    stage.plan.clients[client].patience = Patience::Impatient;
    if stage.random.chance(50) {
        stage.fault(FaultKind::Delays(Link::Services), 0, 30, 40);
    }
}

/// The same, of a turn that has something to look up after it has acted, which takes longer than the act might have.
fn looks_up_after_it_has_acted(stage: &mut Stage) {
    let count = *stage.random.pick(&[1, 2]);
    stage.alike(count, &ANYWHERE);
    stage.plan.services = Services::Forget;
    stage.plan.lease_seconds = *stage.random.pick(&[1, 5, 60]);
    let client = stage.client(ANN, &["express delivery", "hello", "express delivery", "express delivery"], 2_000);
    stage.plan.clients[client].patience = Patience::Impatient;
    stage.fault(FaultKind::Delays(Link::Services), 0, 200, 60);
}

/// One try of a turn looks up in vain and would not act, while another one does.
fn one_try_does_not_act(stage: &mut Stage) {
    let count = *stage.random.pick(&[1, 2]);
    stage.alike(count, &ANYWHERE);
    stage.plan.lease_seconds = *stage.random.pick(&[1, 5, 60]);
    let client = stage.client(ANN, &["rush order", "3", "rush order", "7", "rush order", "3"], 2_000);
    stage.plan.clients[client].patience = Patience::Impatient;
    stage.fault(FaultKind::RequestsLost(Link::Services), 0, 200, 40);
    stage.fault(FaultKind::Delays(Link::Services), 0, 200, 20);
}

/// Somebody is told of what happens, and persons are erased meanwhile; origins come and go.
fn told_by_a_webhook(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    stage.plan.has_webhook = true;
    stage.plan.origins = 2;
    for (who, pause_ms) in [(ANN, 4_000), (Who("person1", "k1", 1), 6_000), (Who("person1", "k2", 0), 9_000)] {
        stage.client(who, &["hello", "order something", "tea", "3", "is it in stock", "hello", "rush order"], pause_ms);
    }
    let at_us = stage.random.between(2 * SECOND_US, 40 * SECOND_US);
    let what = match stage.random.chance(50) {
        true => Erased::Conversation { user: "person0".into(), conversation: "k0".into() },
        false => Erased::Person { user: "person1".into() },
    };
    stage.plan.erasures.push(ErasurePlan { name: "x0".into(), what, at_us });
    if stage.random.chance(40) {
        stage.away(10, 30);
    }
}

/// What a person says who asks for a clerk in the middle of something, and goes on.
const WITH_A_CLERK: [&str; 8] =
    ["order something", CALL, "hello", "tea", "hello", "3", "is it in stock", "order something"];

/// A person asks for somebody, who comes, speaks, and hands back; answers are lost on the way.
fn speaks_with_a_clerk(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    let client = stage.client(ANN, &WITH_A_CLERK, 12_000);
    stage.plan.clients[client].roams = 30;
    stage.clerk(None);
    let percent = *stage.random.pick(&[0, 20, 50]);
    stage.fault(FaultKind::AnswersLost(Link::Clients), 0, 120, percent);
    if stage.random.chance(40) {
        stage.away(20, 40);
    }
    if stage.random.chance(30) {
        stage.fault(FaultKind::OriginTrips(Trip::Answers), 10, 60, 30);
    }
}

/// The agent's program ends while they have a conversation, for good or for a while; somebody else may be there.
fn clerk_is_gone(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    stage.client(ANN, &WITH_A_CLERK, 20_000);
    // Before the agent has taken the conversation over, or while it is with the agent.
    let from = stage.about(15);
    let to = *stage.random.pick(&[u64::MAX, from + 60, from + 120]);
    stage.clerk(Some((from, to)));
    if stage.random.chance(50) {
        stage.clerk(None);
    }
}

/// Two agents look at the same queue, and persons speak all the while.
fn two_clerks(stage: &mut Stage) {
    stage.alike(2, &EXACT);
    stage.client(ANN, &WITH_A_CLERK, 6_000);
    stage.client(ANN, &[CALL, "hello", "7"], 9_000);
    stage.client(Who("person1", "k1", 1), &WITH_A_CLERK, 6_000);
    stage.clerk(None);
    stage.clerk(None);
    stage.fault(FaultKind::AnswersLost(Link::Clients), 0, 120, 20);
}

/// A conversation, or its person, is erased while it is with an agent.
fn erased_while_with_a_clerk(stage: &mut Stage) {
    stage.alike(2, &ANYWHERE);
    stage.client(ANN, &WITH_A_CLERK, 10_000);
    stage.clerk(None);
    let at = stage.about(35);
    let what = if stage.random.chance(50) { Stage::conversation(ANN) } else { Stage::person(ANN) };
    stage.erases(what, at);
    if stage.random.chance(40) {
        stage.away(25, 45);
    }
}
