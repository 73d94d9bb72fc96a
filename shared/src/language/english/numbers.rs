//! English, as data: number words, marks, and what people say for yes and no.

use super::super::table::Table;
use super::{Anchor, Grammar, Lexicon, Numeral, Numeral::*, apart, attached, ending, ending_after};

/// English.
pub(super) static GRAMMAR: Grammar = Grammar {
    numerals: Lexicon::new(NUMERALS),
    group_mark: ',',
    ordinal_endings: &[ending_after("st", 1), ending_after("nd", 2), ending_after("rd", 3), ending("th")],
    ordinals_add_up: false,
    not_ordinals: Table::new(
        "at first|at last|at the last minute|current account|first aid|first name|first of all|\
         i second|last but not least|last name|next to a|next to my|next to the|second hand|second nature|\
         second opinion|second thought|second thoughts|they second|we second",
    ),
    time_unit_before: Table::new("any|couple|each|every|few|half|many|of|per|several|some|split"),
    after_time_unit: Table::new(
        "after|ago|and|as|at|before|but|from|i|if|in|later|of|or|please|so|that|the|then|there|to|we|when|\
         while|you",
    ),
    ages: Table::new(
        "day of age=3|day old=3|mo of age=1|mo old=1|month of age=1|month old=1|week of age=2|week old=2|\
         wk of age=2|wk old=2|y o=0|y/o=0|year of age=0|year old=0|yo=0|yr of age=0|yr old=0",
    ),
    temperatures: Table::new(
        "c=1|celcius=1|celsius=1|centigrade=1|centigrate=1|deg=0|deg c=1|deg celcius=1|deg celsius=1|\
         deg centigrade=1|deg centigrate=1|deg f=2|deg fahrenheight=2|deg fahrenheit=2|deg fahrenheits=2|\
         deg farenheight=2|deg farenheit=2|deg k=3|deg kelvin=3|deg r=4|deg rankine=4|deg.=0|degree=0|\
         degree c=1|degree celcius=1|degree celsius=1|degree centigrade=1|degree centigrate=1|degree f=2|\
         degree fahrenheight=2|degree fahrenheit=2|degree fahrenheits=2|degree farenheight=2|\
         degree farenheit=2|degree in celsius=1|degree in centigrade=1|degree in fahrenheit=2|\
         degree in fahrenheits=2|degree in farenheit=2|degree in kelvin=3|degree in rankine=4|degree k=3|\
         degree kelvin=3|degree of celsius=1|degree of centigrade=1|degree of fahrenheit=2|\
         degree of fahrenheits=2|degree of farenheit=2|degree of kelvin=3|degree of rankine=4|degree r=4|\
         degree rankine=4|f=2|fahrenheight=2|fahrenheit=2|fahrenheits=2|farenheight=2|farenheit=2|k=3|\
         kelvin=3|rankine=4|°=0|° c=1|° celcius=1|° celsius=1|° centigrade=1|° centigrate=1|° f=2|\
         ° fahrenheight=2|° fahrenheit=2|° fahrenheits=2|° farenheight=2|° farenheit=2|° k=3|° kelvin=3|° r=4|\
         ° rankine=4|°c=1|°celcius=1|°celsius=1|°centigrade=1|°centigrate=1|°f=2|°fahrenheight=2|\
         °fahrenheit=2|°fahrenheits=2|°farenheight=2|°farenheit=2|°k=3|°kelvin=3|°r=4|°rankine=4|º c=1|º f=2|\
         ºc=1|ºf=2",
    ),
    labels: Table::new(
        "apartment|article|block|building|chapter|exhibit|flat|flight|form|gate|grade|level|line|number|plan|\
         platform|room|route|row|schedule|seat|section|size|street|suite|table|title|unit|visa|vitamin",
    ),
    degrees: Table::new("deg|degree|degrees"),
    scale_names: Table::new("celcius|celsius|centigrade|centigrate|fahrenheit|farenheit|kelvin|rankine"),
    angle_words: Table::new(
        "angle|angles|clockwise|counterclockwise|incline|latitude|longitude|rotate|rotated|rotation|slope|\
         tilt|tilted|turn|turned|turning",
    ),
    units: Table::new(
        "ac=25|acre=25|angstrom=22|arc minute=102|arc second=103|arcminute=102|arcsecond=103|astronomical unit=20|\
         barrel=45|bushel=48|carat=72|centi meter=6|centi metre=6|centigram=55|centigramme=55|centiliter=31|\
         centilitre=31|centimeter=6|centimetre=6|cord=46|cuft=525|cup=38|cupful=38|cwt=64|deca meter=3|deca metre=3|\
         decagram=52|decagramme=52|decaliter=28|decalitre=28|decameter=3|decametre=3|deci meter=5|deci metre=5|\
         decigram=54|decigramme=54|deciliter=30|decilitre=30|decimeter=5|decimetre=5|deg=99|degree=99|dekagram=52|\
         dekaliter=28|dekalitre=28|dekameter=3|dekametre=3|drachm=70|drachma=70|dram=70|dwt=73|exa bit=81|\
         exa byte=93|fathom=15|feet=13|fl oz=39|fl. oz=39|fldr=40|floz=39|fluid drachm=40|fluid dram=40|\
         fluid ounce=39|foot=13|furlong=16|gal=34|gallon=34|gibibit=84|gibibyte=96|gig=90|giga bit=78|giga byte=90|\
         gill=43|gradian=101|grain=71|gram=53|gramme=53|hectare=24|hecto meter=2|hecto metre=2|hectogram=51|\
         hectogramme=51|hectoliter=27|hectolitre=27|hectometer=2|hectometre=2|hogshead=49|hundredweight=64|\
         imperial gallon=35|imperial ton=61|inch=14|inches=14|kibibit=82|kibibyte=94|kilo bit=76|kilo byte=88|\
         kilo meter=1|kilo metre=1|kilogram=50|kilogramme=50|kiloliter=26|kilolitre=26|kilometer=1|kilometre=1|\
         kiloton=62|klick=1|knot=74|league=17|light year=19|lightyear=19|liter=29|litre=29|long ton=61|ltr=29|\
         mebibit=83|mebibyte=95|mega bit=77|mega byte=89|mega meter=0|mega metre=0|megameter=0|megametre=0|\
         megaton=63|meter=4|metre=4|metric ton=59|metric tonne=59|micro meter=8|micro metre=8|microgram=57|\
         microgramme=57|microliter=33|microlitre=33|micrometer=8|micrometre=8|micron=8|mile=11|milli meter=7|\
         milli metre=7|milligram=56|milligramme=56|milliliter=32|millilitre=32|millimeter=7|millimetre=7|minim=44|\
         mtr=4|nano meter=9|nano metre=9|nanogram=58|nanogramme=58|nanometer=9|nanometre=9|nautical mile=18|ounce=68|\
         parsec=21|pebibit=86|pebibyte=98|peck=47|pennyweight=73|peta bit=80|peta byte=92|pico meter=10|\
         pico metre=10|picometer=10|picometre=10|pint=37|pound=67|pound mass=67|pt=23|qt=36|quart=36|quintal=65|\
         radian=100|short ton=60|statute mile=11|stone=66|tablespoon=41|tablespoonful=41|tbs=41|tbsp=41|teaspoon=42|\
         teaspoonful=42|tebibit=85|tebibyte=97|tera bit=79|tera byte=91|ton=60|tonne=59|troy ounce=69|tsp=42|\
         uk gallon=35|us gallon=34|yard=12",
    ),
    diminutives: &[],
    units_apart: Table::new("feet"),
    not_units: Table::new("stones"),
    powers: Table::new("cu=3|cubic=3|sq=2|square=2"),
    powers_behind: Table::new("cubed=3|squared=2"),
    per: Table::new("a|an|per"),
    per_times: Table::new("h=3|hour=3|hr=3|min=2|minute=2|s=1|sec=1|second=1"),
    joined_tens: "ty",
    compounds: None,
    whole_counts: Lexicon::new(&[("couple", 2), ("few", 3), ("pair", 2), ("single", 1)]),
    before_point: Table::new("about|around|by|exactly|is|minus|of|was"),
    range_leads: Table::new("between|from"),
    range_joints: Table::new("and=1|through|till|to|until"),
    money_joints: Table::new("with"),
    money_words: Table::new("grand=3"),
    below_zero: Table::new("below freezing|below zero|under zero"),
    prepositions_as_units: Lexicon::new(&[(
        "in",
        &["long", "wide", "tall", "high", "deep", "thick", "x", "by", "diameter", "and"],
    )]),
    articles: Table::new("a|an|the"),
    function_words: Table::new(
        "a|about|after|again|ago|already|also|altogether|and|apiece|around|as|at|because|before|but|by|can|\
         during|each|either|even|every|exactly|for|from|had|has|here|if|in|inside|instead|into|is|it|just|\
         last|later|less|like|maybe|more|next|now|of|off|on|only|or|our|out|outside|over|per|please|plus|\
         right|since|so|than|that|the|then|there|this|though|through|to|today|tomorrow|tonight|too|total|\
         under|until|up|was|when|which|while|will|with|within|without|yesterday|yet",
    ),
    suffixes: &[
        apart("k", 3),
        apart("K", 3),
        apart("M", 6),
        apart("mn", 6),
        apart("mil", 6),
        apart("bn", 9),
        apart("tn", 12),
        attached("MM", 6),
        attached("G", 9),
        attached("B", 9),
        attached("b", 9),
        attached("T", 12),
    ],
    relative_ordinals: Lexicon::new(&[
        ("antepenultimate", (Anchor::End, -2)),
        ("current", (Anchor::Current, 0)),
        ("current one", (Anchor::Current, 0)),
        ("last", (Anchor::End, 0)),
        ("next", (Anchor::Current, 1)),
        ("next one", (Anchor::Current, 1)),
        ("next to last", (Anchor::End, -1)),
        ("penultimate", (Anchor::End, -1)),
        ("previous", (Anchor::Current, -1)),
        ("previous one", (Anchor::Current, -1)),
        ("the last but one", (Anchor::End, -1)),
        ("the last but two", (Anchor::End, -2)),
        ("the next to last", (Anchor::End, -1)),
        ("the one before the last", (Anchor::End, -1)),
        ("the one before the last one", (Anchor::End, -1)),
        ("the second to last", (Anchor::End, -1)),
        ("the third to last", (Anchor::End, -2)),
    ]),
    pronoun_before: Table::new(
        "another|any|each|either|every|good|last|neither|new|next|no|other|right|same|some|such|that|the|this|\
         what|which|wrong",
    ),
    pronoun_after: Table::new("another|of|who|whose"),
    percent: Table::new("pct|per cent|per cents|percent|percentage|percents"),
    percent_of: Table::new("of"),
    proportion: Table::new("out of|out of every"),
    loose_proportion: Table::new("in"),
    time_units: Table::new(
        "day|days|hour|hours|hr|hrs|min|mins|minute|minutes|month|months|sec|second|seconds|secs|week|weeks|\
         year|years",
    ),
    yes: Table::new(
        "absolutely|affirmative|agree|agreed|alright|aye|certainly|definitely|mm hmm|of course|ok|okay|okey|\
         sure|sure thing|true|uh huh|y|ya|yah|yea|yeah|yeh|yep|yes|yes please|you bet|yup",
    ),
    no: Table::new(
        "absolutely not|certainly not|definitely not|disagree|false|nah|naw|negative|no|no thank you|\
         no thanks|no way|nop|nope|not at all|not ok|not really|nuh uh|of course not|uh uh",
    ),
    negations: Table::new("can't|cannot|didn't|doesn't|don't|dont|isn't|never|not|won't|wouldn't"),
    not_answers: Table::new(
        "absolutely sure|agree to disagree|agreed upon|are you sure|be sure|by no means|came true|\
         certainly not sure|come true|comes true|definitely maybe|do you agree|don't agree more|false alarm|\
         false start|feel ok|for sure whether|had no|has no|have no|how sure|i'm ok|i'm sure|in no time|\
         in no way|is it ok|is it okay|is it true|is that ok|is that okay|is that true|is this ok|\
         is this okay|is this true|isn't sure|made sure|make sure|making sure|negative feedback|\
         negative review|no clue|no doubt|no fewer|no hurry|no idea|no later|no less|no longer|no matter|\
         no more|no need to|no news|no offense|no one|no or yes|no other|no point|no problem|no problems|\
         no pun|no rush|no sooner|no such|no wonder|no worries|not only yes|not quite sure|not so sure|\
         not sure|not true north|of no|ok corral|pretty sure|quite sure|said no|said yes|say no|say yes|\
         saying no|saying yes|says no|says yes|so sure|sure fire|sure if|sure whether|there are no|\
         there is no|there was no|there's no|true love|true north|true or false|true story|true to|with no|\
         yes and no|yes men|yes or no",
    ),
    phone_words: Table::new(
        "call|cell|cellphone|contact|dial|fax|hotline|landline|mobile|phone|reach|ring|sms|tel|telephone|text|\
         whatsapp",
    ),
    other_numbers: Table::new(
        "account|article|barcode|bill|booking|card|case|catalog|catalogue|certificate|claim|code|confirmation|\
         contract|control|docket|document|ein|file|form|iban|id|invoice|isbn|issn|item|licence|license|member|\
         membership|model|omb|order|part|passport|patent|permit|pin|policy|product|publication|receipt|ref|\
         reference|registration|regulation|reservation|rfc|serial|sku|ssn|standard|ticket|tracking|transaction|\
         upc|version|vin|zip",
    ),
    number_words: Table::new("a|an|code|for|has|id|is|my|no|nr|num|number|numbers|of|our|the|was|with|your"),
    score: Table::new("of|out of|over"),
    carriers: Table::new(
        "a|about|actually|again|all|an|approx|approximately|around|be|believe|close|exactly|guess|hmm|i|i'd|\
         i'm|i've|is|it|it's|its|just|kinda|let's|like|maybe|me|mean|my|nearly|oh|ok|okay|only|perhaps|please|\
         possibly|pretty|probably|right|roughly|said|say|so|some|sure|thank|thanks|that|that's|the|there|they|\
         think|to|uh|um|was|well|would|yeah|yes|you",
    ),
    address_words: Table::new("address|e|email|link|mail|page|site|url|web|website"),
    spoken_marks: Lexicon::new(&[
        ("at", "@"),
        ("colon", ":"),
        ("dash", "-"),
        ("dot", "."),
        ("hyphen", "-"),
        ("minus", "-"),
        ("period", "."),
        ("plus", "+"),
        ("slash", "/"),
        ("underscore", "_"),
    ]),
    spoken_zero: Table::new("o|oh"),
    spoken_plus: "plus",
    spelling_joints: Table::new("as in|for|like"),
    spelling_words: Table::new(
        "alfa|alpha|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|juliett|kilo|lima|mike|november|\
         oscar|papa|quebec|romeo|sierra|tango|uniform|victor|whiskey|whisky|xray|yankee|zulu",
    ),
    capitals: Table::new("capital|upper|uppercase"),
    repeats: Lexicon::new(&[("double", 2), ("treble", 3), ("triple", 3)]),
};

/// Number words.
static NUMERALS: &[(&str, Numeral)] = &[
    ("a", Article),
    ("an", Article),
    ("and", And),
    ("billion", Scale(1_000_000_000)),
    ("billions", Scale(1_000_000_000)),
    ("billionth", Ordinal(1_000_000_000)),
    ("billionths", Fractions(1_000_000_000)),
    ("couple", Couple),
    ("crore", Scale(10_000_000)),
    ("crores", Scale(10_000_000)),
    ("doz", Dozen),
    ("dozen", Dozen),
    ("dozens", Dozen),
    ("dozs", Dozen),
    ("dz", Dozen),
    ("dzs", Dozen),
    ("eight", Small(8)),
    ("eighteen", Small(18)),
    ("eighteenth", Ordinal(18)),
    ("eighteenths", Fractions(18)),
    ("eighth", Ordinal(8)),
    ("eighths", Fractions(8)),
    ("eightieth", Ordinal(80)),
    ("eightieths", Fractions(80)),
    ("eighty", Tens(80)),
    ("eleven", Small(11)),
    ("eleventh", Ordinal(11)),
    ("elevenths", Fractions(11)),
    ("fifteen", Small(15)),
    ("fifteenth", Ordinal(15)),
    ("fifteenths", Fractions(15)),
    ("fifth", Ordinal(5)),
    ("fifths", Fractions(5)),
    ("fiftieth", Ordinal(50)),
    ("fiftieths", Fractions(50)),
    ("fifty", Tens(50)),
    ("first", Ordinal(1)),
    ("firsts", Fractions(1)),
    ("five", Small(5)),
    ("fortieth", Ordinal(40)),
    ("fortieths", Fractions(40)),
    ("forty", Tens(40)),
    ("four", Small(4)),
    ("fourteen", Small(14)),
    ("fourteenth", Ordinal(14)),
    ("fourteenths", Fractions(14)),
    ("fourth", Ordinal(4)),
    ("fourths", Fractions(4)),
    ("fourty", Tens(40)),
    ("half", Part(2)),
    ("halves", Parts(2)),
    ("hundred", Hundred),
    ("hundredth", Ordinal(100)),
    ("hundredths", Fractions(100)),
    ("koti", Scale(10_000_000)),
    ("krore", Scale(10_000_000)),
    ("krores", Scale(10_000_000)),
    ("lac", Scale(100_000)),
    ("lacs", Scale(100_000)),
    ("lakh", Scale(100_000)),
    ("lakhs", Scale(100_000)),
    ("lkh", Scale(100_000)),
    ("lkhs", Scale(100_000)),
    ("million", Scale(1_000_000)),
    ("millions", Scale(1_000_000)),
    ("millionth", Ordinal(1_000_000)),
    ("millionths", Fractions(1_000_000)),
    ("minus", Minus),
    ("naught", Small(0)),
    ("negative", Minus),
    ("nil", Small(0)),
    ("nine", Small(9)),
    ("nineteen", Small(19)),
    ("nineteenth", Ordinal(19)),
    ("nineteenths", Fractions(19)),
    ("ninetieth", Ordinal(90)),
    ("ninetieths", Fractions(90)),
    ("ninety", Tens(90)),
    ("ninth", Ordinal(9)),
    ("ninths", Fractions(9)),
    ("nought", Small(0)),
    ("one", One),
    ("over", Over),
    ("point", Point),
    ("quadrillion", Scale(1_000_000_000_000_000)),
    ("quarter", Part(4)),
    ("quarters", Parts(4)),
    ("quintillion", Scale(1_000_000_000_000_000_000)),
    ("second", Ordinal(2)),
    ("seven", Small(7)),
    ("seventeen", Small(17)),
    ("seventeenth", Ordinal(17)),
    ("seventeenths", Fractions(17)),
    ("seventh", Ordinal(7)),
    ("sevenths", Fractions(7)),
    ("seventieth", Ordinal(70)),
    ("seventieths", Fractions(70)),
    ("seventy", Tens(70)),
    ("six", Small(6)),
    ("sixteen", Small(16)),
    ("sixteenth", Ordinal(16)),
    ("sixteenths", Fractions(16)),
    ("sixth", Ordinal(6)),
    ("sixths", Fractions(6)),
    ("sixtieth", Ordinal(60)),
    ("sixtieths", Fractions(60)),
    ("sixty", Tens(60)),
    ("ten", Small(10)),
    ("tenth", Ordinal(10)),
    ("tenths", Fractions(10)),
    ("third", Ordinal(3)),
    ("thirds", Fractions(3)),
    ("thirteen", Small(13)),
    ("thirteenth", Ordinal(13)),
    ("thirteenths", Fractions(13)),
    ("thirtieth", Ordinal(30)),
    ("thirtieths", Fractions(30)),
    ("thirty", Tens(30)),
    ("thousand", Scale(1_000)),
    ("thousands", Scale(1_000)),
    ("thousandth", Ordinal(1_000)),
    ("thousandths", Fractions(1_000)),
    ("three", Small(3)),
    ("trillion", Scale(1_000_000_000_000)),
    ("trillions", Scale(1_000_000_000_000)),
    ("trillionth", Ordinal(1_000_000_000_000)),
    ("trillionths", Fractions(1_000_000_000_000)),
    ("twelfth", Ordinal(12)),
    ("twelfths", Fractions(12)),
    ("twelve", Small(12)),
    ("twentieth", Ordinal(20)),
    ("twentieths", Fractions(20)),
    ("twenty", Tens(20)),
    ("two", Small(2)),
    ("zero", Small(0)),
];
