//! German times: words, rules and feasts. A beginning: what people say of days, hours and lengths of time.

use super::actions::{clock, continental, day, edge, joint, length, moment, period, same};
use super::grammar::{Entry, Sym::*, Written, rule, word};
use super::holidays::{Name, Rule as On, name};
use super::layout::language;
use super::tense::Tense;

language!(
    /// The language.
    GERMAN, WORDS, RULES, HOLIDAYS, &TENSE, true
);

const SECOND: i16 = 0;
const MINUTE: i16 = 1;
const HOUR: i16 = 2;
const WORKING_DAY: i16 = 3;
const DAY: i16 = 4;
const WEEKEND: i16 = 5;
const WEEK: i16 = 6;
const MONTH: i16 = 8;
const QUARTER: i16 = 9;
const YEAR: i16 = 10;
const DECADE: i16 = 11;
const CENTURY: i16 = 12;

// Umlauts are taken off before a word is looked up, and "ß" reads "s"; people write "ae" and "ss" too.
#[rustfmt::skip]
const WORDS: &[Entry] = &[
    word("null", Card, 0), word("eins", Card, 1), word("zwei", Card, 2), word("drei", Card, 3), word("vier", Card, 4),
    word("fuenf", Card, 5), word("funf", Card, 5), word("sechs", Card, 6), word("sieben", Card, 7),
    word("acht", Card, 8), word("neun", Card, 9), word("zehn", Card, 10), word("elf", Card, 11),
    word("zwoelf", Card, 12), word("zwolf", Card, 12), word("dreizehn", Card, 13), word("vierzehn", Card, 14),
    word("fuenfzehn", Card, 15), word("funfzehn", Card, 15), word("sechzehn", Card, 16), word("siebzehn", Card, 17),
    word("achtzehn", Card, 18), word("neunzehn", Card, 19), word("ein", Card, 1), word("eine", Card, 1),
    word("einer", Card, 1), word("einem", Card, 1), word("einen", Card, 1), word("eines", Card, 1),
    word("zwo", Card, 2), word("zwanzig", Tens, 20), word("dreisig", Tens, 30), word("dreissig", Tens, 30),
    word("vierzig", Tens, 40), word("fuenfzig", Tens, 50), word("funfzig", Tens, 50), word("einundzwanzig", Card, 21),
    word("zweiundzwanzig", Card, 22), word("dreiundzwanzig", Card, 23), word("vierundzwanzig", Card, 24),
    word("fuenfundzwanzig", Card, 25), word("funfundzwanzig", Card, 25), word("sechsundzwanzig", Card, 26),
    word("siebenundzwanzig", Card, 27), word("achtundzwanzig", Card, 28), word("neunundzwanzig", Card, 29),
    word("einunddreisig", Card, 31), word("einunddreissig", Card, 31), word("zweiunddreisig", Card, 32),
    word("zweiunddreissig", Card, 32), word("dreiunddreisig", Card, 33), word("dreiunddreissig", Card, 33),
    word("vierunddreisig", Card, 34), word("vierunddreissig", Card, 34), word("fuenfunddreisig", Card, 35),
    word("fuenfunddreissig", Card, 35), word("funfunddreisig", Card, 35), word("funfunddreissig", Card, 35),
    word("sechsunddreisig", Card, 36), word("sechsunddreissig", Card, 36), word("siebenunddreisig", Card, 37),
    word("siebenunddreissig", Card, 37), word("achtunddreisig", Card, 38), word("achtunddreissig", Card, 38),
    word("neununddreisig", Card, 39), word("neununddreissig", Card, 39), word("einundvierzig", Card, 41),
    word("zweiundvierzig", Card, 42), word("dreiundvierzig", Card, 43), word("vierundvierzig", Card, 44),
    word("fuenfundvierzig", Card, 45), word("funfundvierzig", Card, 45), word("sechsundvierzig", Card, 46),
    word("siebenundvierzig", Card, 47), word("achtundvierzig", Card, 48), word("neunundvierzig", Card, 49),
    word("einundfuenfzig", Card, 51), word("einundfunfzig", Card, 51), word("zweiundfuenfzig", Card, 52),
    word("zweiundfunfzig", Card, 52), word("dreiundfuenfzig", Card, 53), word("dreiundfunfzig", Card, 53),
    word("vierundfuenfzig", Card, 54), word("vierundfunfzig", Card, 54), word("fuenfundfuenfzig", Card, 55),
    word("funfundfunfzig", Card, 55), word("sechsundfuenfzig", Card, 56), word("sechsundfunfzig", Card, 56),
    word("siebenundfuenfzig", Card, 57), word("siebenundfunfzig", Card, 57), word("achtundfuenfzig", Card, 58),
    word("achtundfunfzig", Card, 58), word("neunundfuenfzig", Card, 59), word("neunundfunfzig", Card, 59),
    word("hundert", Hundred, 100), word("zweihundert", Hundred, 200), word("dreihundert", Hundred, 300),
    word("tausend", Thousand, 1), word("erste", Ordinal, 1), word("ersten", Ordinal, 1), word("erster", Ordinal, 1),
    word("zweite", Ordinal, 2), word("zweiten", Ordinal, 2), word("zweiter", Ordinal, 2), word("dritte", Ordinal, 3),
    word("dritten", Ordinal, 3), word("dritter", Ordinal, 3), word("vierte", Ordinal, 4), word("vierten", Ordinal, 4),
    word("vierter", Ordinal, 4), word("fuenfte", Ordinal, 5), word("funfte", Ordinal, 5), word("fuenften", Ordinal, 5),
    word("funften", Ordinal, 5), word("fuenfter", Ordinal, 5), word("funfter", Ordinal, 5), word("sechste", Ordinal, 6),
    word("sechsten", Ordinal, 6), word("sechster", Ordinal, 6), word("siebte", Ordinal, 7), word("siebten", Ordinal, 7),
    word("siebter", Ordinal, 7), word("achte", Ordinal, 8), word("achten", Ordinal, 8), word("achter", Ordinal, 8),
    word("neunte", Ordinal, 9), word("neunten", Ordinal, 9), word("neunter", Ordinal, 9), word("zehnte", Ordinal, 10),
    word("zehnten", Ordinal, 10), word("zehnter", Ordinal, 10), word("elfte", Ordinal, 11), word("elften", Ordinal, 11),
    word("elfter", Ordinal, 11), word("zwoelfte", Ordinal, 12), word("zwolfte", Ordinal, 12),
    word("zwoelften", Ordinal, 12), word("zwolften", Ordinal, 12), word("zwoelfter", Ordinal, 12),
    word("zwolfter", Ordinal, 12), word("dreizehnte", Ordinal, 13), word("dreizehnten", Ordinal, 13),
    word("dreizehnter", Ordinal, 13), word("vierzehnte", Ordinal, 14), word("vierzehnten", Ordinal, 14),
    word("vierzehnter", Ordinal, 14), word("fuenfzehnte", Ordinal, 15), word("funfzehnte", Ordinal, 15),
    word("fuenfzehnten", Ordinal, 15), word("funfzehnten", Ordinal, 15), word("fuenfzehnter", Ordinal, 15),
    word("funfzehnter", Ordinal, 15), word("sechzehnte", Ordinal, 16), word("sechzehnten", Ordinal, 16),
    word("sechzehnter", Ordinal, 16), word("siebzehnte", Ordinal, 17), word("siebzehnten", Ordinal, 17),
    word("siebzehnter", Ordinal, 17), word("achtzehnte", Ordinal, 18), word("achtzehnten", Ordinal, 18),
    word("achtzehnter", Ordinal, 18), word("neunzehnte", Ordinal, 19), word("neunzehnten", Ordinal, 19),
    word("neunzehnter", Ordinal, 19), word("zwanzigste", Ordinal, 20), word("zwanzigsten", Ordinal, 20),
    word("zwanzigster", Ordinal, 20), word("einundzwanzigste", Ordinal, 21), word("einundzwanzigsten", Ordinal, 21),
    word("einundzwanzigster", Ordinal, 21), word("zweiundzwanzigste", Ordinal, 22),
    word("zweiundzwanzigsten", Ordinal, 22), word("zweiundzwanzigster", Ordinal, 22),
    word("dreiundzwanzigste", Ordinal, 23), word("dreiundzwanzigsten", Ordinal, 23),
    word("dreiundzwanzigster", Ordinal, 23), word("vierundzwanzigste", Ordinal, 24),
    word("vierundzwanzigsten", Ordinal, 24), word("vierundzwanzigster", Ordinal, 24),
    word("fuenfundzwanzigste", Ordinal, 25), word("funfundzwanzigste", Ordinal, 25),
    word("fuenfundzwanzigsten", Ordinal, 25), word("funfundzwanzigsten", Ordinal, 25),
    word("fuenfundzwanzigster", Ordinal, 25), word("funfundzwanzigster", Ordinal, 25),
    word("sechsundzwanzigste", Ordinal, 26), word("sechsundzwanzigsten", Ordinal, 26),
    word("sechsundzwanzigster", Ordinal, 26), word("siebenundzwanzigste", Ordinal, 27),
    word("siebenundzwanzigsten", Ordinal, 27), word("siebenundzwanzigster", Ordinal, 27),
    word("achtundzwanzigste", Ordinal, 28), word("achtundzwanzigsten", Ordinal, 28),
    word("achtundzwanzigster", Ordinal, 28), word("neunundzwanzigste", Ordinal, 29),
    word("neunundzwanzigsten", Ordinal, 29), word("neunundzwanzigster", Ordinal, 29), word("dreisigste", Ordinal, 30),
    word("dreissigste", Ordinal, 30), word("dreisigsten", Ordinal, 30), word("dreissigsten", Ordinal, 30),
    word("dreisigster", Ordinal, 30), word("dreissigster", Ordinal, 30), word("einunddreisigste", Ordinal, 31),
    word("einunddreissigste", Ordinal, 31), word("einunddreisigsten", Ordinal, 31),
    word("einunddreissigsten", Ordinal, 31), word("einunddreisigster", Ordinal, 31),
    word("einunddreissigster", Ordinal, 31), word("halb", Half, 0), word("halbe", Half, 0), word("halben", Half, 0),
    word("viertel", Quarters, 0), word("dreiviertel", Quarters, 3), word("einige", Several, 3),
    word("einigen", Several, 3), word("mehrere", Several, 3), word("mehreren", Several, 3), word("paar", Several, 3),
    word("januar", Month, 1), word("februar", Month, 2), word("maerz", Month, 3), word("marz", Month, 3),
    word("april", Month, 4), word("mai", Month, 5), word("juni", Month, 6), word("juli", Month, 7),
    word("august", Month, 8), word("september", Month, 9), word("oktober", Month, 10), word("november", Month, 11),
    word("dezember", Month, 12), word("jaenner", Month, 1), word("janner", Month, 1), word("feber", Month, 2),
    word("jan", Month, 1), word("feb", Month, 2), word("apr", Month, 4), word("jun", Month, 6), word("jul", Month, 7),
    word("aug", Month, 8), word("sep", Month, 9), word("sept", Month, 9), word("okt", Month, 10),
    word("nov", Month, 11), word("dez", Month, 12), word("montag", Weekday, 1), word("dienstag", Weekday, 2),
    word("mittwoch", Weekday, 3), word("donnerstag", Weekday, 4), word("freitag", Weekday, 5),
    word("samstag", Weekday, 6), word("sonntag", Weekday, 7), word("sonnabend", Weekday, 6), word("mo", Weekday, 1),
    word("di", Weekday, 2), word("mi", Weekday, 3), word("do", Weekday, 4), word("fr", Weekday, 5),
    word("sa", Weekday, 6), word("so", Weekday, 7), word("mo", Doubtful, 0), word("di", Doubtful, 0),
    word("mi", Doubtful, 0), word("do", Doubtful, 0), word("fr", Doubtful, 0), word("sa", Doubtful, 0),
    word("so", Doubtful, 0), word("montags", Weekdays, 1), word("dienstags", Weekdays, 2),
    word("mittwochs", Weekdays, 3), word("donnerstags", Weekdays, 4), word("freitags", Weekdays, 5),
    word("samstags", Weekdays, 6), word("sonntags", Weekdays, 7), word("sekunde", Unit, SECOND),
    word("sekunden", Unit, SECOND), word("sek", Unit, SECOND), word("minute", Unit, MINUTE),
    word("minuten", Unit, MINUTE), word("min", Unit, MINUTE), word("stunde", Unit, HOUR), word("stunden", Unit, HOUR),
    word("std", Unit, HOUR), word("tag", Unit, DAY), word("tage", Unit, DAY), word("tagen", Unit, DAY),
    word("nachte", Unit, DAY), word("nachten", Unit, DAY), word("werktag", Unit, WORKING_DAY),
    word("werktage", Unit, WORKING_DAY), word("werktagen", Unit, WORKING_DAY), word("arbeitstag", Unit, WORKING_DAY),
    word("arbeitstage", Unit, WORKING_DAY), word("arbeitstagen", Unit, WORKING_DAY), word("wochenende", Unit, WEEKEND),
    word("wochenenden", Unit, WEEKEND), word("woche", Unit, WEEK), word("wochen", Unit, WEEK),
    word("monat", Unit, MONTH), word("monate", Unit, MONTH), word("monaten", Unit, MONTH), word("monats", Unit, MONTH),
    word("quartal", Unit, QUARTER), word("quartale", Unit, QUARTER), word("quartals", Unit, QUARTER),
    word("jahr", Unit, YEAR), word("jahre", Unit, YEAR), word("jahren", Unit, YEAR), word("jahres", Unit, YEAR),
    word("jahrzehnt", Unit, DECADE), word("jahrzehnte", Unit, DECADE), word("jahrzehnten", Unit, DECADE),
    word("jahrhundert", Unit, CENTURY), word("jahrhunderts", Unit, CENTURY), word("h", Short, HOUR),
    word("d", Short, DAY), word("s", Short, SECOND), word("morgen", Part, 0), word("vormittag", Part, 0),
    word("nachmittag", Part, 1), word("abend", Part, 2), word("nacht", Part, 3), word("frueh", Part, 0),
    word("fruh", Part, 0), word("morgens", Parts, 0), word("vormittags", Parts, 0), word("nachmittags", Parts, 1),
    word("abends", Parts, 2), word("nachts", Parts, 3), word("mittag", Noon, 0), word("mittags", Noon, 0),
    word("mitternacht", Midnight, 0), word("heute", Today, 0), word("morgen", Today, 1), word("ubermorgen", Today, 2),
    word("uebermorgen", Today, 2), word("gestern", Today, -1), word("vorgestern", Today, -2), word("jetzt", Now, 0),
    word("sofort", Now, 0), word("fruehling", Season, 3), word("fruhling", Season, 3), word("fruehjahr", Season, 3),
    word("fruhjahr", Season, 3), word("sommer", Season, 6), word("herbst", Season, 9), word("winter", Season, 12),
    word("diese", This, 0), word("diesen", This, 0), word("dieser", This, 0), word("dieses", This, 0),
    word("diesem", This, 0), word("nachste", Next, 0), word("naechste", Next, 0), word("nachsten", Next, 0),
    word("naechsten", Next, 0), word("nachster", Next, 0), word("naechster", Next, 0), word("nachstes", Next, 0),
    word("naechstes", Next, 0), word("nachstem", Next, 0), word("naechstem", Next, 0), word("kommende", Next, 0),
    word("kommenden", Next, 0), word("kommender", Next, 0), word("kommendes", Next, 0), word("kommendem", Next, 0),
    word("letzte", Last, 0), word("letzten", Last, 0), word("letzter", Last, 0), word("letztes", Last, 0),
    word("letztem", Last, 0), word("vergangene", Last, 0), word("vergangenen", Last, 0), word("vergangener", Last, 0),
    word("vergangenes", Last, 0), word("vergangenem", Last, 0), word("vorige", Last, 0), word("vorigen", Last, 0),
    word("voriger", Last, 0), word("voriges", Last, 0), word("vorigem", Last, 0), word("ubernachste", Other, 0),
    word("ubernaechste", Other, 0), word("uebernaechste", Other, 0), word("ubernachsten", Other, 0),
    word("ubernaechsten", Other, 0), word("uebernaechsten", Other, 0), word("ubernachster", Other, 0),
    word("ubernaechster", Other, 0), word("uebernaechster", Other, 0), word("ubernachstes", Other, 0),
    word("ubernaechstes", Other, 0), word("uebernaechstes", Other, 0), word("ubernachstem", Other, 0),
    word("ubernaechstem", Other, 0), word("uebernaechstem", Other, 0), word("der", The, 0), word("die", The, 0),
    word("das", The, 0), word("den", The, 0), word("dem", The, 0), word("des", The, 0), word("ganze", All, 0),
    word("ganzen", All, 0), word("gesamte", All, 0), word("jede", Every, 0), word("jeden", Every, 0),
    word("jeder", Every, 0), word("jedes", Every, 0), word("alle", Every, 0), word("vor", Ago, 0),
    word("vor", Before, 0), word("bevor", Before, 0), word("spaeter", Later, 0), word("spater", Later, 0),
    word("nach", After, 0), word("seit", Since, 0), word("von", From, 0), word("vom", From, 0), word("ab", From, 1),
    word("ab", Starting, 0), word("bis", To, 0), word("zum", To, 1), word("zu", To, 1), word("bis", Until, 0),
    word("zwischen", Between, 0), word("und", And, 0), word("oder", Or, 0), word("des", Of, 0), word("der", Of, 0),
    word("von", Of, 0), word("im", Of, 0), word("in", In, 0), word("im", In, 0), word("am", On, 0), word("an", On, 0),
    word("um", At, 0), word("gegen", Around, 0), word("circa", Around, 0), word("ca", Around, 0),
    word("ungefahr", Around, 0), word("etwa", Around, 0), word("fur", For, 0), word("lang", For, 0),
    word("innerhalb", Within, 0), word("binnen", Within, 0), word("anfang", Begin, 0), word("mitte", Mid, 0),
    word("ende", End, 0), word("uhr", Oclock, 0), word("h", H, 0), word("taeglich", Set, DAY),
    word("taglich", Set, DAY), word("wochentlich", Set, WEEK), word("woechentlich", Set, WEEK),
    word("monatlich", Set, MONTH), word("jaehrlich", Set, YEAR), word("jahrlich", Set, YEAR),
    word("stundlich", Set, HOUR), word("nachtlich", Set, DAY), word("mal", Time, 0), word("am", A, 0),
    word("pro", A, 0), word("in", A, 0), word("moment", Instant, 0), word("augenblick", Instant, 0),
    word("anderthalb", Few, 15), word("eineinhalb", Few, 15), word("zweieinhalb", Few, 25),
    word("dreieinhalb", Few, 35), word("viereinhalb", Few, 45),
];

#[rustfmt::skip]
static TENSE: Tense = Tense {
    past: &["bekam", "fand", "fing", "ging", "hatte", "kam", "sagte", "sah", "war", "waren", "wurde", "wurden"],
    past_endings: &[],
    future: &["brauche", "bräuchte", "kann", "können", "könnte", "möchte", "soll", "sollen", "werde", "werden", "will", "wird", "wollen", "würde"],
    ages: &["ihren", "meinen", "seinen"],
    idioms: &["ab und zu", "nach und nach", "tag des", "tag fur tag", "von tag zu tag"],
    superlatives: &["beste", "besten", "schlechteste", "schlimmste", "schlimmsten"],
    superlative_endings: &[],
    not_superlatives: &[],
    not_past: &[],
};

#[rustfmt::skip]
const HOLIDAYS: &[Name] = &[
    name("allerheiligen", On::Fixed(11, 1)), name("aschermittwoch", On::Easter(-46)), name("christi himmelfahrt", On::Easter(39)),
    name("dreikonigstag", On::Fixed(1, 6)), name("fronleichnam", On::Easter(60)), name("grundonnerstag", On::Easter(-3)),
    name("heiligabend", On::Fixed(12, 24)), name("karfreitag", On::Easter(-2)), name("karsamstag", On::Easter(-1)),
    name("neujahr", On::Fixed(1, 1)), name("nikolaus", On::Fixed(12, 6)), name("ostermontag", On::Easter(1)),
    name("ostern", On::Easter(0)), name("ostersonntag", On::Easter(0)), name("palmsonntag", On::Easter(-7)),
    name("pfingsten", On::Easter(49)), name("pfingstmontag", On::Easter(50)), name("pfingstsonntag", On::Easter(49)),
    name("reformationstag", On::Fixed(10, 31)), name("rosenmontag", On::Easter(-48)), name("silvester", On::Fixed(12, 31)),
    name("tag der arbeit", On::Fixed(5, 1)), name("tag der deutschen einheit", On::Fixed(10, 3)), name("valentinstag", On::Fixed(2, 14)),
    name("weihnachten", On::Fixed(12, 25)),
];

#[rustfmt::skip]
const RULES: &[Written] = &[
    rule(Struck, "Oclock", joint), rule(Struck, "H", joint),
    rule(Rel, "This", relative), rule(Rel, "Next", relative), rule(Rel, "Last", relative),
    rule(RelThe, "Rel", same), rule(RelThe, "The Rel", same),

    // am Nachmittag, abends, früh am Morgen
    rule(DayPart, "Part", clock::day_part),
    rule(InPart, "On DayPart", same), rule(InPart, "In The DayPart", same), rule(InPart, "Parts", clock::day_part), rule(InPart, "Part", clock::day_part),

    // viertel nach, zehn vor
    rule(MinutesOff, "Quarters After", clock::offset), rule(MinutesOff, "Quarters Before", clock::offset),
    rule(MinutesOff, "Number After", clock::offset), rule(MinutesOff, "Number Before", clock::offset),
    rule(MinutesOff, "Number Unit After", clock::offset), rule(MinutesOff, "Number Unit Before", clock::offset),

    rule(ClockBase, "HourDigits Colon Minutes Colon Minutes Struck?", clock::digital),
    rule(ClockBase, "HourDigits Colon Minutes Struck?", clock::digital), rule(ClockBase, "T ^HourDigits Colon Minutes", clock::iso),
    rule(ClockBase, "HourDigits ^Dot ^Minutes Struck", clock::digital), rule(ClockBase, "At HourDigits ^Dot ^Minutes", clock::digital),
    rule(ClockBase, "HourDigits Oclock Minutes", clock::digital), rule(ClockBase, "HourDigits Oclock MinuteWord", clock::digital), rule(ClockBase, "HourWord Oclock MinuteWord", clock::digital),
    rule(ClockBase, "HourDigits Struck", clock::struck), rule(ClockBase, "HourWord Struck", clock::struck), rule(ClockBase, "MinuteWord Oclock", clock::struck),
    rule(ClockBase, "Half BareHour Struck?", continental::half_to), rule(ClockBase, "Number Before Half BareHour", continental::half_to), rule(ClockBase, "Number After Half BareHour", continental::half_to),
    rule(ClockBase, "MinutesOff BareHour Struck?", clock::off_hour),
    rule(ClockBase, "Noon", clock::noon), rule(ClockBase, "Midnight", clock::midnight),
    rule(BareHour, "HourDigits", clock::bare), rule(BareHour, "HourWord", clock::bare),
    rule(ClockTime, "ClockBase", same), rule(ClockTime, "ClockBase InPart", clock::in_part), rule(ClockTime, "BareHour InPart", clock::in_part),
    rule(ClockTime, "InPart At ClockBase", clock::in_part), rule(ClockTime, "InPart At BareHour", clock::in_part),
    rule(AtHour, "BareHour", clock::after_at),

    rule(Piece, "Number Unit", length::piece), rule(Piece, "Number ^Short", length::piece), rule(Piece, "Number Half Unit", continental::half_piece),
    rule(Piece, "Half Unit", length::piece), rule(Piece, "Number? Several Unit", continental::several), rule(Piece, "Few Unit", continental::tenths),
    rule(Piece, "Number Quarters ^Unit", length::quarter_hours),
    rule(Duration, "Piece", same), rule(Duration, "Piece Comma? And? Duration", length::join), rule(Duration, "The All Unit", length::whole),
    rule(Shift, "Ago Duration", length::shifted), rule(Shift, "Ago Around Duration", length::shifted), rule(Shift, "In Duration", length::shifted), rule(Shift, "In Around Duration", length::shifted),
    rule(Shift, "Duration Later", length::shifted), rule(Shift, "Duration After Dates", length::shifted), rule(Shift, "Duration Before Dates", length::shifted),

    rule(Lead, "The? Weekday Comma?", day::weekday_lead), rule(Lead, "Weekday Comma The", day::weekday_lead), rule(Lead, "This Weekday Comma?", day::weekday_lead),
    rule(Tail, "FullYear", same), rule(Tail, "RelYear", same),
    rule(RelYear, "RelThe Unit", period::relative_year), rule(RelMonth, "RelThe Unit", period::relative_month),
    rule(MonthIn, "Month Tail?", period::year_month), rule(MonthIn, "Of Month Tail?", period::year_month), rule(MonthIn, "RelMonth", same), rule(MonthIn, "Of RelMonth", same),
    rule(Till, "To The?", joint), rule(Till, "Dash", joint),

    rule(Dates, "Lead? The? DayNumber Dot? Month Tail?", day::named_month),
    rule(Dates, "Lead? Digits Dot Digits Dot Digits", day::three_figures), rule(Dates, "Lead? Digits Dash Digits Dash Digits", day::three_figures),
    rule(Dates, "Lead? Digits Slash Digits Slash Digits", day::three_figures), rule(Dates, "Lead? Digits Dot Digits Dot", continental::dotted_figures), rule(Dates, "Lead? Digits Slash Digits", day::two_figures),
    rule(Dates, "Today", day::near), rule(Dates, "Weekday", day::bare_weekday), rule(Dates, "The Weekday", day::bare_weekday), rule(Dates, "RelThe Weekday", day::relative_weekday),
    rule(Dates, "Weekday RelThe Unit", day::weekday_of_week), rule(Dates, "RelThe Unit Weekday", day::weekday_of_week), rule(Dates, "RelThe Unit On Weekday", day::weekday_of_week),
    rule(Dates, "Weekday Shift", length::weekday_of_shift), rule(Dates, "Shift", length::to_day),
    rule(Dates, "The? DayNumber Dot?", continental::dotted_day),
    rule(Dates, "The? Nth Weekday MonthIn", day::nth_weekday),
    rule(Dates, "Holiday", day::holiday), rule(Dates, "Holiday FullYear", day::holiday), rule(Dates, "Rel Holiday", day::holiday),

    rule(Edge, "Begin", edge::edge_word), rule(Edge, "Mid", edge::edge_word), rule(Edge, "End", edge::edge_word), rule(Edge, "Begin Of", edge::edge_word), rule(Edge, "End Of", edge::edge_word),

    rule(PeriodBase, "Month", period::named_month), rule(PeriodBase, "Month FullYear", period::named_month), rule(PeriodBase, "Rel Month", period::named_month), rule(PeriodBase, "Month RelYear", period::named_month),
    rule(PeriodBase, "FullYear", period::whole_year), rule(PeriodBase, "Unit FullYear", period::whole_year), rule(PeriodBase, "RelThe Unit", period::relative_unit), rule(PeriodBase, "The Other Unit", continental::unit_after_next), rule(PeriodBase, "Other Unit", continental::unit_after_next),
    rule(PeriodBase, "The Unit", period::relative_unit), rule(PeriodBase, "Unit", period::relative_unit), rule(PeriodBase, "RelThe Duration", length::coming_days),
    rule(PeriodBase, "The? Nth Unit MonthIn", period::nth_week), rule(PeriodBase, "The? Nth Unit FullYear", period::nth_of_year),
    rule(PeriodBase, "Season", period::season), rule(PeriodBase, "Rel Season", period::season), rule(PeriodBase, "Season FullYear", period::season),
    rule(PeriodBase, "Edge The? PeriodBase", edge::piece_of), rule(PeriodBase, "Edge Unit", edge::piece_of_this),
    rule(EdgeDay, "Edge The? PeriodBase", edge::edge_day),
    rule(Terminus, "Dates", same), rule(Terminus, "PeriodBase", same),
    rule(Period, "PeriodBase", same), rule(Period, "From? Terminus Till Terminus", period::range), rule(Period, "Between Terminus And The? Terminus", period::range),
    rule(Period, "From? The? DayNumber Dot? Till DayNumber Dot? MonthIn", period::days_of_month),
    rule(Period, "Within Of? Duration", length::within_days),

    rule(RangeHour, "ClockTime", same), rule(RangeHour, "BareHour", same),
    rule(TimeRange, "From? RangeHour Till RangeHour", clock::range), rule(TimeRange, "Between RangeHour And RangeHour", clock::range), rule(TimeRange, "From? RangeHour Till RangeHour InPart", clock::range),
    rule(TimeRange, "On DayPart", clock::part_hours), rule(TimeRange, "Parts", continental::part_word_hours), rule(TimeRange, "In The DayPart", clock::part_hours),

    rule(Stamp, "Dates Comma? At? ClockTime", moment::day_and_clock), rule(Stamp, "Dates At BareHour", moment::day_and_clock), rule(Stamp, "Dates Around ClockTime", moment::day_and_clock), rule(Stamp, "Dates Around BareHour", moment::day_and_clock),
    rule(Stamp, "Dates DayPart At? ClockTime", moment::day_and_clock), rule(Stamp, "Dates DayPart At BareHour", moment::day_and_clock), rule(Stamp, "Dates DayPart Around BareHour", moment::day_and_clock),
    rule(Stamp, "At ClockTime On? Dates", moment::day_and_clock), rule(Stamp, "ClockTime On? Dates", moment::day_and_clock),
    rule(Stamp, "Shift", length::to_moment), rule(Stamp, "Now", moment::now),
    rule(Stretch, "Dates DayPart", moment::day_and_part), rule(Stretch, "Dates On DayPart", moment::day_and_part), rule(Stretch, "Dates Parts", continental::day_and_parts),
    rule(Stretch, "Dates TimeRange", moment::day_and_hours), rule(Stretch, "TimeRange On? Dates", moment::day_and_hours),
    rule(Stretch, "RelThe Duration", length::coming_hours), rule(Stretch, "Within Of? Duration", length::within_hours),

    rule(RepeatBase, "Every Unit", moment::every), rule(RepeatBase, "Every Weekday", moment::every), rule(RepeatBase, "Every DayPart", moment::every), rule(RepeatBase, "Every Duration", moment::every),
    rule(RepeatBase, "Weekdays", moment::every), rule(RepeatBase, "Set", moment::every), rule(RepeatBase, "Number Time A? The? Unit", moment::every),
    rule(Repeat, "RepeatBase", same), rule(Repeat, "RepeatBase At ClockTime", moment::every), rule(Repeat, "RepeatBase At BareHour", moment::every),

    rule(OpenWord, "Until", moment::open_before), rule(OpenWord, "Before", moment::open_before), rule(OpenWord, "After", moment::open_after), rule(OpenWord, "Since", moment::open_since), rule(OpenWord, "Starting", moment::open_from),
    rule(Open, "OpenWord EdgeDay", moment::open_side), rule(Open, "OpenWord Stamp", moment::open_side), rule(Open, "OpenWord The? Dates", moment::open_side), rule(Open, "OpenWord To? The? PeriodBase", moment::open_side),
    rule(Open, "OpenWord To? ClockTime", moment::open_side), rule(Open, "OpenWord To The? Dates", moment::open_side), rule(Open, "OpenWord BareHour", moment::open_hour),
];

/// "dieser", "nächste", "letzten": which of several alike.
fn relative(_: &super::chart::Scene, parts: &[super::chart::Matched]) -> Option<super::values::Node> {
    super::actions::relative(parts)
}
