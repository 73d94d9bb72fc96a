//! Spanish: words, rules and holidays.

use super::actions::{clock, day, edge, joint, length, moment, period, same};
use super::grammar::{Entry, Sym::*, Written, rule, word};
use super::holidays::{Name, Rule as On, name};
use super::layout::language;
use super::tense::Tense;

language!(
    /// The language.
    SPANISH, WORDS, RULES, HOLIDAYS, &TENSE, true
);

const SECOND: i16 = 0;
const MINUTE: i16 = 1;
const HOUR: i16 = 2;
const DAY: i16 = 4;
const WEEKEND: i16 = 5;
const WEEK: i16 = 6;
const FORTNIGHT: i16 = 7;
const MONTH: i16 = 8;
const QUARTER: i16 = 9;
const YEAR: i16 = 10;
const DECADE: i16 = 11;
const CENTURY: i16 = 12;

// Accents are taken off before a word is looked up; "ñ" reads "n".
#[rustfmt::skip]
const WORDS: &[Entry] = &[
    // numbers
    word("cero", Card, 0), word("un", Card, 1), word("uno", Card, 1), word("una", Card, 1), word("dos", Card, 2),
    word("tres", Card, 3), word("cuatro", Card, 4), word("cinco", Card, 5), word("seis", Card, 6), word("siete", Card, 7),
    word("ocho", Card, 8), word("nueve", Card, 9), word("diez", Card, 10), word("once", Card, 11), word("doce", Card, 12),
    word("trece", Card, 13), word("catorce", Card, 14), word("quince", Card, 15), word("dieciseis", Card, 16),
    word("diecisiete", Card, 17), word("dieciocho", Card, 18), word("diecinueve", Card, 19), word("veinte", Tens, 20),
    word("veintiun", Card, 21), word("veintiuno", Card, 21), word("veintiuna", Card, 21), word("veintidos", Card, 22),
    word("veintitres", Card, 23), word("veinticuatro", Card, 24), word("veinticinco", Card, 25),
    word("veintiseis", Card, 26), word("veintisiete", Card, 27), word("veintiocho", Card, 28),
    word("veintinueve", Card, 29), word("treinta", Tens, 30), word("cuarenta", Tens, 40), word("cincuenta", Tens, 50),
    word("sesenta", Tens, 60), word("setenta", Tens, 70), word("ochenta", Tens, 80), word("noventa", Tens, 90),
    word("cien", Hundred, 100), word("ciento", Hundred, 100), word("doscientos", Hundred, 200),
    word("trescientos", Hundred, 300), word("cuatrocientos", Hundred, 400), word("quinientos", Hundred, 500),
    word("seiscientos", Hundred, 600), word("setecientos", Hundred, 700), word("ochocientos", Hundred, 800),
    word("novecientos", Hundred, 900), word("doscientas", Hundred, 200), word("trescientas", Hundred, 300),
    word("cuatrocientas", Hundred, 400), word("quinientas", Hundred, 500), word("mil", Thousand, 1),
    word("primero", Ordinal, 1), word("primer", Ordinal, 1), word("primera", Ordinal, 1), word("segundo", Ordinal, 2),
    word("segunda", Ordinal, 2), word("tercero", Ordinal, 3), word("tercer", Ordinal, 3), word("tercera", Ordinal, 3),
    word("cuarto", Ordinal, 4), word("cuarta", Ordinal, 4), word("quinto", Ordinal, 5),
    word("quinta", Ordinal, 5), word("sexto", Ordinal, 6), word("sexta", Ordinal, 6), word("septimo", Ordinal, 7), word("octavo", Ordinal, 8),
    word("ero", Suffix, 0), word("ro", Suffix, 0), word("er", Suffix, 0), word("o", Suffix, 0),
    word("noveno", Ordinal, 9), word("decimo", Ordinal, 10), word("penultimo", Last, 2), word("penultima", Last, 2),
    word("medio", Half, 0), word("media", Half, 0), word("unos", Several, 3), word("unas", Several, 3),
    word("algunos", Several, 3), word("algunas", Several, 3), word("varios", Several, 3), word("varias", Several, 3),
    word("pocos", Several, 3), word("pocas", Several, 3), word("par", Couple, 2),
    // months and weekdays
    word("enero", Month, 1), word("febrero", Month, 2), word("marzo", Month, 3), word("abril", Month, 4),
    word("mayo", Month, 5), word("junio", Month, 6), word("julio", Month, 7), word("agosto", Month, 8),
    word("septiembre", Month, 9), word("setiembre", Month, 9), word("octubre", Month, 10), word("noviembre", Month, 11),
    word("diciembre", Month, 12), word("ene", Month, 1), word("feb", Month, 2), word("abr", Month, 4),
    word("jun", Month, 6), word("jul", Month, 7), word("ago", Month, 8), word("sep", Month, 9), word("oct", Month, 10),
    word("nov", Month, 11), word("dic", Month, 12),
    word("lunes", Weekday, 1), word("martes", Weekday, 2), word("miercoles", Weekday, 3), word("jueves", Weekday, 4),
    word("viernes", Weekday, 5), word("sabado", Weekday, 6), word("domingo", Weekday, 7),
    word("miercole", Weekday, 3), word("jueve", Weekday, 4), word("vierne", Weekday, 5), word("marte", Weekday, 2), word("sabdo", Weekday, 6), word("domigo", Weekday, 7),
    word("sabados", Weekdays, 6), word("domingos", Weekdays, 7),
    word("lun", Weekday, 1), word("mie", Weekday, 3), word("jue", Weekday, 4), word("vie", Weekday, 5), word("sab", Weekday, 6),
    word("dom", Weekday, 7), word("dom", Doubtful, 0), word("primavera", Season, 3), word("verano", Season, 6),
    word("otono", Season, 9), word("invierno", Season, 12),
    // units
    word("segundo", Unit, SECOND), word("segundos", Unit, SECOND), word("minuto", Unit, MINUTE),
    word("minutos", Unit, MINUTE), word("min", Unit, MINUTE), word("hora", Unit, HOUR), word("horas", Unit, HOUR),
    word("dia", Unit, DAY), word("dias", Unit, DAY), word("noches", Unit, DAY), word("semana", Unit, WEEK),
    word("semanas", Unit, WEEK), word("quincena", Unit, FORTNIGHT), word("quincenas", Unit, FORTNIGHT),
    word("mes", Unit, MONTH), word("meses", Unit, MONTH), word("trimestre", Unit, QUARTER),
    word("trimestres", Unit, QUARTER), word("ano", Unit, YEAR), word("anos", Unit, YEAR), word("decada", Unit, DECADE),
    word("decadas", Unit, DECADE), word("siglo", Unit, CENTURY), word("siglos", Unit, CENTURY),
    word("h", Short, HOUR), word("d", Short, DAY), word("s", Short, SECOND), word("fin", End, 0),
    word("finde", Unit, WEEKEND), word("findes", Unit, WEEKEND), word("horita", Unit, HOUR), word("horitas", Unit, HOUR), word("minutito", Unit, MINUTE), word("minutitos", Unit, MINUTE), word("semanita", Unit, WEEK), word("semanitas", Unit, WEEK), word("mesecito", Unit, MONTH), word("mesecitos", Unit, MONTH), word("anito", Unit, YEAR), word("anitos", Unit, YEAR), word("hs", Unit, HOUR), word("hr", Unit, HOUR), word("hrs", Unit, HOUR), word("mins", Unit, MINUTE),
    word("semestre", Half, 0), word("semestres", Half, 0), word("bimestre", Unit, MONTH), word("veces", Time, 0), word("vez", Time, 0), word("cuarto", Quarters, 0), word("cuartos", Quarters, 0),
    // parts of the day
    word("manana", Part, 0), word("mediodia", Noon, 0), word("medianoche", Midnight, 0), word("tarde", Part, 1),
    word("noche", Part, 3), word("madrugada", Part, 5), word("mananas", Parts, 0), word("tardes", Parts, 1),
    word("noches", Parts, 3), word("anoche", Tonight, -1), word("anteanoche", Tonight, -2), word("antenoche", Tonight, -2),
    word("hoy", Today, 0), word("manana", Today, 1), word("ayer", Today, -1), word("anteayer", Today, -2),
    word("antier", Today, -2), word("antayer", Today, -2), word("mnn", Today, 1), word("mnna", Today, 1), word("manna", Today, 1),
    word("ahorita", Now, 0), word("temprano", Early, 1), word("ahora", Now, 0), word("ya", Just, 0), word("mismo", Just, 0),
    // where it lies
    word("este", This, 0), word("esta", This, 0), word("estos", This, 0), word("estas", This, 0), word("proximo", Coming, 0),
    word("proxima", Coming, 0), word("proximos", Coming, 0), word("proximas", Coming, 0), word("siguiente", Next, 0),
    word("siguientes", Next, 0), word("viene", Coming, 0), word("entrante", Coming, 0), word("entra", Coming, 0), word("prox", Coming, 0), word("pasado", Past, 0),
    word("pasada", Past, 0), word("pasados", Past, 0), word("pasadas", Past, 0), word("ultimo", Last, 0),
    word("ultima", Last, 0), word("ultimos", Last, 0), word("ultimas", Last, 0), word("otra", Other, 0), word("es", Same, 0),
    word("el", The, 0), word("la", The, 3), word("los", The, 1), word("las", The, 1), word("lo", The, 0),
    word("todo", All, 0), word("toda", All, 0), word("cada", Every, 0), word("todos", Every, 0), word("todas", Every, 0),
    word("hace", Ago, 0), word("hara", Ago, 0), word("atras", Back, 0), word("despues", Later, 0), word("antes", Before, 0),
    word("tras", After, 0), word("desde", Since, 0), word("hasta", To, 0), word("hasta", Until, 0), word("dentro", Within, 0),
    word("sobre", Around, 0), word("hacia", Around, 0), word("eso", About, 0), word("partir", Starting, 0),
    word("momento", Instant, 0), word("rato", Instant, 0), word("comienzos", Early, 0), word("fines", Late, 0), word("casi", About, 0), word("aproximadamente", About, 0), word("alrededor", About, 0),
    word("principios", Early, 0), word("mediados", Mid, 0), word("finales", Late, 0), word("resto", Rest, 0),
    // joints
    word("de", Of, 0), word("del", Of, 1), word("d", Of, 0), word("en", In, 0), word("a", At, 0), word("al", At, 1), word("por", By, 0),
    word("durante", For, 0), word("y", And, 0), word("e", And, 0), word("o", Or, 0), word("entre", Between, 0),
    word("que", Than, 0), word("q", Than, 0), word("k", Than, 0), word("para", Prior, 0), word("alla", Around, 0), word("como", About, 0), word("mas", More, 0), word("no", Label, 1), word("aqui", Instant, 3), word("menos", Minus, 0), word("de", From, 0), word("del", From, 0), word("desde", From, 0),
    // clock times
    word("am", Am, 0), word("pm", Pm, 0), word("a", AmLetter, 0), word("p", PmLetter, 0), word("m", M, 0), word("t", T, 0),
    word("h", H, 0), word("hs", H, 0), word("hrs", H, 0), word("punto", Oclock, 0), word("habiles", Business, 0), word("habil", Business, 0), word("laborables", Business, 0), word("laborable", Business, 0),
    word("trabajo", Business, 17), word("trabajar", Business, 17), word("salgo", Later, 0), word("salga", Later, 0), word("salir", Later, 0), word("saliendo", Later, 0),
    // sets
    word("diario", Set, DAY), word("diariamente", Set, DAY), word("semanal", Set, WEEK), word("semanalmente", Set, WEEK),
    word("mensual", Set, MONTH), word("mensualmente", Set, MONTH), word("anual", Set, YEAR), word("anualmente", Set, YEAR),
];

#[rustfmt::skip]
static TENSE: Tense = Tense {
    past: &["comenzó", "compré", "dije", "dijeron", "dijo", "empezó", "era", "eran", "estaba", "estaban", "estuve", "estuvieron", "estuvo", "fue", "fueron", "fui", "ganó", "había", "habían", "hice", "hicieron", "hizo", "llamé", "llegaron", "llegó", "murió", "nació", "pagué", "pedí", "perdió", "recibí", "salió", "tuve", "tuvieron", "tuvo", "vi", "vinieron", "vino", "vio"],
    past_endings: &["aron", "ieron"],
    future: &["estará", "llegará", "mañana", "necesita", "necesito", "podría", "próxima", "próximo", "puede", "puedo", "quiere", "quiero", "quisiera", "reservar", "será", "serán", "tendrá", "va", "vamos", "van", "vendrá", "voy"],
    ages: &["mis", "nuestros", "sus", "tus"],
    idioms: &["ano tras ano", "de vez en cuando", "del dia", "del momento", "dia a dia", "dia tras dia", "noche tras noche"],
    superlatives: &["mejor", "menos", "más", "máximo", "mínimo", "peor"],
    superlative_endings: &[],
    not_superlatives: &[],
    not_past: &["quería", "quise"],
};

#[rustfmt::skip]
const HOLIDAYS: &[Name] = &[
    name("ano nuevo", On::Fixed(1, 1)), name("asuncion de la virgen", On::Fixed(8, 15)),
    name("black friday", On::Nth(11, 4, 4, 1)), name("corpus", On::Easter(60)), name("corpus christi", On::Easter(60)),
    name("dia de ano nuevo", On::Fixed(1, 1)), name("dia de la ascension", On::Easter(39)),
    name("dia de la asuncion", On::Fixed(8, 15)), name("dia de la constitucion", On::Fixed(12, 6)),
    name("dia de la hispanidad", On::Fixed(10, 12)), name("dia de la inmaculada", On::Fixed(12, 8)),
    name("dia de la madre", On::Nth(5, 1, 7, 0)), name("dia de la mujer", On::Fixed(3, 8)),
    name("dia de la raza", On::Fixed(10, 12)), name("dia de la virgen de guadalupe", On::Fixed(12, 12)),
    name("dia de los difuntos", On::Fixed(11, 2)), name("dia de los enamorados", On::Fixed(2, 14)),
    name("dia de los inocentes", On::Fixed(12, 28)), name("dia de los muertos", On::Fixed(11, 2)),
    name("dia de los trabajadores", On::Fixed(5, 1)), name("dia de muertos", On::Fixed(11, 2)),
    name("dia de navidad", On::Fixed(12, 25)), name("dia de reyes", On::Fixed(1, 6)),
    name("dia de san jose", On::Fixed(3, 19)), name("dia de san juan", On::Fixed(6, 24)),
    name("dia de san valentin", On::Fixed(2, 14)), name("dia de todos los santos", On::Fixed(11, 1)),
    name("dia del padre", On::Fixed(3, 19)), name("dia del trabajador", On::Fixed(5, 1)),
    name("dia del trabajo", On::Fixed(5, 1)), name("dia internacional de la mujer", On::Fixed(3, 8)),
    name("domingo de pascua", On::Easter(0)), name("domingo de pentecostes", On::Easter(49)),
    name("domingo de ramos", On::Easter(-7)), name("domingo de resurreccion", On::Easter(0)),
    name("eid al adha", On::Islamic(12, 10)), name("eid al fitr", On::Islamic(10, 1)),
    name("epifania", On::Fixed(1, 6)), name("fiesta del cordero", On::Islamic(12, 10)),
    name("fiesta del fin del ramadan", On::Islamic(10, 1)), name("fiesta del sacrificio", On::Islamic(12, 10)),
    name("fiesta nacional", On::Fixed(10, 12)), name("fin de ano", On::Fixed(12, 31)),
    name("halloween", On::Fixed(10, 31)), name("hanuka", On::Hebrew(9, 25)),
    name("inmaculada concepcion", On::Fixed(12, 8)), name("januca", On::Hebrew(9, 25)),
    name("jueves santo", On::Easter(-3)), name("lunes de carnaval", On::Easter(-48)),
    name("lunes de pascua", On::Easter(1)), name("lunes santo", On::Easter(-6)),
    name("martes de carnaval", On::Easter(-47)), name("martes santo", On::Easter(-5)),
    name("miercoles de ceniza", On::Easter(-46)), name("miercoles santo", On::Easter(-4)),
    name("navidad", On::Fixed(12, 25)), name("navidades", On::Fixed(12, 25)), name("noche buena", On::Fixed(12, 24)),
    name("noche de brujas", On::Fixed(10, 31)), name("noche vieja", On::Fixed(12, 31)),
    name("nochebuena", On::Fixed(12, 24)), name("nochevieja", On::Fixed(12, 31)), name("pascua", On::Easter(0)),
    name("pascua de resurreccion", On::Easter(0)), name("pascua judia", On::Hebrew(1, 15)),
    name("pascua ortodoxa", On::Orthodox(0)), name("pentecostes", On::Easter(49)), name("pesaj", On::Hebrew(1, 15)),
    name("purim", On::Hebrew(12, 14)), name("ramadan", On::Islamic(9, 1)), name("reyes", On::Fixed(1, 6)),
    name("reyes magos", On::Fixed(1, 6)), name("rosh hashana", On::Hebrew(7, 1)),
    name("sabado de gloria", On::Easter(-1)), name("sabado santo", On::Easter(-1)), name("san jose", On::Fixed(3, 19)),
    name("san juan", On::Fixed(6, 24)), name("san valentin", On::Fixed(2, 14)),
    name("santiago apostol", On::Fixed(7, 25)), name("santos inocentes", On::Fixed(12, 28)),
    name("semana santa", On::Easter(-7)), name("todos los santos", On::Fixed(11, 1)),
    name("viernes negro", On::Nth(11, 4, 4, 1)), name("viernes santo", On::Easter(-2)),
    name("virgen de guadalupe", On::Fixed(12, 12)), name("yom kippur", On::Hebrew(7, 10)),
    name("yom kipur", On::Hebrew(7, 10)),
];

#[rustfmt::skip]
const RULES: &[Written] = &[
    rule(Meridiem, "Am", clock::am), rule(Meridiem, "AmLetter Dot M Dot?", clock::am), rule(Meridiem, "AmLetter Dot? M", clock::am),
    rule(Meridiem, "At Dot M Dot?", clock::am), rule(Meridiem, "Pm", clock::pm), rule(Meridiem, "PmLetter Dot M Dot?", clock::pm),
    rule(Meridiem, "PmLetter M", clock::pm),
    rule(Struck, "In Oclock", joint),
    rule(Rel, "This", relative), rule(Rel, "Next", relative), rule(Rel, "Last", relative), rule(Rel, "Past", relative),
    rule(Rel, "Coming", relative), rule(Rel, "Than Coming", relative),

    // por la mañana, de la tarde
    rule(DayPart, "Part", clock::day_part),
    rule(InPart, "Of The Part", clock::day_part), rule(InPart, "By The Part", clock::day_part), rule(InPart, "In The Part", clock::day_part), rule(InPart, "At The Part", clock::day_part), rule(InPart, "Of Part", clock::day_part),

    // y media, menos cuarto, y diez
    rule(PartOff, "And Half", clock::offset), rule(PartOff, "And Quarters", clock::offset), rule(PartOff, "Minus Quarters", clock::offset),
    rule(MinutesOff, "PartOff", same), rule(MinutesOff, "And Number", clock::offset),
    rule(MinutesOff, "Minus Number", clock::offset), rule(MinutesOff, "And Number Unit", clock::offset), rule(MinutesOff, "Minus Number Unit", clock::offset),

    rule(ClockBase, "HourDigits Colon Minutes Colon Minutes Meridiem?", clock::digital),
    rule(ClockBase, "HourDigits Colon Minutes Meridiem?", clock::digital), rule(ClockBase, "HourDigits Colon Minutes H", clock::digital),
    rule(ClockBase, "T ^HourDigits Colon Minutes Colon Minutes", clock::iso), rule(ClockBase, "T ^HourDigits Colon Minutes", clock::iso),
    rule(ClockBase, "HourDigits ^Dot ^Minutes Meridiem", clock::digital), rule(ClockBase, "HourDigits ^Dot ^Minutes H", clock::digital), rule(ClockBase, "HourDigits ^H", clock::hour_mark), rule(ClockBase, "HourDigits ^H ^Minutes", clock::digital),
    rule(ClockBase, "HourDigits Meridiem", clock::hour), rule(ClockBase, "HourWord Meridiem", clock::hour),
    rule(ClockBase, "At? The BareHour MinutesOff", clock::off_hour), rule(ClockBase, "At The HourDigits Struck?", clock::struck),
    rule(ClockBase, "At The HourWord Struck?", clock::struck), rule(ClockBase, "At The HourDigits ^H", clock::struck),
    rule(ClockBase, "At? The HourDigits Of The? Noon", clock::noon), rule(ClockBase, "At? The HourWord Of The? Noon", clock::noon),
    rule(ClockBase, "Around The HourDigits", clock::struck), rule(ClockBase, "Around The HourWord", clock::struck),
    rule(ClockBase, "Around The BareHour MinutesOff", clock::off_hour), rule(ClockBase, "At? About Of The BareHour MinutesOff", clock::off_hour),
    rule(ClockBase, "Around The HourDigits Colon Minutes", clock::digital),
    rule(ClockBase, "At? About Of The HourDigits", clock::struck), rule(ClockBase, "At? About Of The HourWord", clock::struck),
    rule(ClockBase, "Quarters Prior The BareHour", clock::hour_less), rule(ClockBase, "Number Quarters Prior The BareHour", clock::hour_less),
    rule(ClockBase, "Number Prior The BareHour", clock::hour_less), rule(ClockBase, "Number Unit Prior The BareHour", clock::hour_less),
   
    rule(ClockBase, "At The HourDigits ^Dot ^Minutes", clock::digital), rule(ClockBase, "About At The HourDigits", clock::struck), rule(ClockBase, "About At The HourWord", clock::struck),
    rule(ClockBase, "At The HourDigits Colon Minutes", clock::digital), rule(ClockBase, "At The HourDigits Meridiem", clock::hour),
    rule(ClockBase, "At? The? Noon", clock::noon), rule(ClockBase, "At? The? Midnight", clock::midnight),
    rule(BareHour, "HourDigits", clock::bare), rule(BareHour, "HourWord", clock::bare),
    // 8 y media: a time only where something around it tells.
    rule(HalfHour, "HourDigits H", clock::hour_mark), rule(HalfHour, "BareHour PartOff", clock::off_hour), rule(HalfHour, "BareHour PartOff Meridiem", clock::off_hour), rule(ClockTime, "HalfHour InPart", clock::in_part),
    rule(ClockTime, "ClockBase", same), rule(ClockTime, "ClockBase InPart", clock::in_part), rule(ClockTime, "The? BareHour InPart", clock::in_part), rule(ClockTime, "BareHour And InPart", clock::in_part),

    rule(AtHour, "The BareHour", clock::the_hour),

    rule(Piece, "Number Unit", length::piece), rule(Piece, "Number ^Short", length::piece), rule(Piece, "Number Short", length::spaced), rule(Piece, "Half Unit", length::piece), rule(Piece, "Number Unit Business", length::working), rule(Piece, "Several Number Unit", length::piece),
    rule(Piece, "Number Unit And Half", length::piece), rule(Piece, "Number Unit And Quarters", length::piece),
    rule(Piece, "Unit And Half", length::piece), rule(Piece, "Quarters Of Unit", length::quarters_of),
    rule(Piece, "Number Quarters Of Unit", length::quarters_of), rule(Piece, "Several Unit", length::piece), rule(Piece, "Number Couple Of Unit", length::piece),
    rule(Duration, "Piece", same), rule(Duration, "Piece Comma? And? Duration", length::join),
    rule(Duration, "All The Unit", length::whole),
    rule(Shift, "Ago Duration", length::shifted), rule(Shift, "Ago About Duration", length::shifted), rule(Shift, "Ago More Of Duration", length::shifted), rule(Shift, "Of Instant At Duration", length::shifted), rule(Shift, "Duration Back", length::shifted),
    rule(Shift, "Within Of Duration", length::shifted), rule(Shift, "In Duration", length::shifted),
    rule(Shift, "Duration Later", length::shifted), rule(Shift, "Duration Later Of Dates", length::shifted),
    rule(Shift, "Duration After Dates", length::shifted), rule(Shift, "Duration Before Of Dates", length::shifted),

    rule(Lead, "The? Weekday Comma?", day::weekday_lead), rule(Lead, "This Weekday Comma?", day::weekday_lead),
    rule(Tail, "Of FullYear", same), rule(Tail, "Comma? FullYear", same), rule(Tail, "Slash FullYear", same),
    rule(Tail, "Of RelYear", same),
    rule(RelYear, "The? Rel Unit", period::relative_year), rule(RelYear, "The? Unit Rel", period::relative_year),
    rule(RelMonth, "The? Rel Unit", period::relative_month), rule(RelMonth, "The? Unit Rel", period::relative_month),
    rule(MonthIn, "Of Month Tail?", period::year_month), rule(MonthIn, "Month Tail?", period::year_month),
    rule(MonthIn, "Of Unit", period::relative_month), rule(MonthIn, "Of RelMonth", same), rule(MonthIn, "RelMonth", same),
    rule(Mark, "Slash", joint), rule(Mark, "Dash", joint), rule(Mark, "Dot", joint),
    rule(Till, "At The?", joint), rule(Till, "To The?", joint), rule(Till, "Dash", joint),

    rule(Dates, "Lead? The? DayNumber Of Month Tail?", day::named_month), rule(Dates, "Lead? DayNumber Mark? Month Mark? FullYear", day::named_month),
    rule(Dates, "Lead? DayNumber Mark? Month", day::named_month), rule(Dates, "Lead? The? Unit DayNumber Of Month Tail?", day::named_month),
    rule(Dates, "Lead? The? Number Of Month Tail?", day::counted_day),
    rule(Dates, "Lead? Digits Slash Digits Slash Digits", day::three_figures), rule(Dates, "Lead? Digits Dash Digits Dash Digits", day::three_figures),
    rule(Dates, "Lead? Digits Dot Digits Dot Digits", day::three_figures), rule(Dates, "Lead? Digits Slash Digits", day::two_figures),
    rule(Dates, "DateDigits", day::eight_figures),
    rule(Dates, "Today", day::near), rule(Dates, "Past Today", day::overmorrow), rule(Dates, "Before Of Today", day::near),
    rule(Dates, "The? Weekday", day::bare_weekday), rule(Dates, "The? Rel Weekday", day::weekday_ahead),
    rule(Dates, "The? Weekday Than? Rel", day::relative_weekday), rule(Dates, "Of? Today In Number", day::weeks_on), rule(Dates, "Of? Today In Number Unit", day::weeks_on), rule(Dates, "The? Weekday Of The Unit Rel", day::weekday_of_week),
    rule(Dates, "The? Weekday Of Rel Unit", day::weekday_of_week), rule(Dates, "The? Weekday Of The Rel Unit", day::weekday_of_week),
    rule(Dates, "The? Weekday Of The Other Unit", day::weekday_of_other_week),
    rule(Dates, "The? Weekday DayNumber", day::weekday_and_day), rule(Dates, "The DayNumber Comma? Than? Same? Weekday", day::day_and_its_weekday),
    rule(Dates, "The? Unit DayNumber", day::numbered_day), rule(Dates, "The DayNumber", day::day_as_answer), rule(Dates, "The Of DayNumber", day::the_one_of_a_day),
    rule(Dates, "The? Nth Unit MonthIn", day::nth_day),
    rule(Dates, "The? Nth Weekday MonthIn", day::nth_weekday), rule(Dates, "The? DayNumber Of RelMonth", day::day_of_month),
    rule(Dates, "The Unit Later Of Dates", day::beside), rule(Dates, "The Unit Before Of Dates", day::beside),
    rule(Dates, "Shift", length::to_day), rule(Dates, "The? Holiday", day::holiday), rule(Dates, "Holiday Of? FullYear", day::holiday),

    rule(Edge, "At? Early Of", edge::edge_word), rule(Edge, "At? Mid Of", edge::edge_word), rule(Edge, "At? Late Of", edge::edge_word), rule(Edge, "At? End Of", edge::edge_word),

    rule(PeriodBase, "Month", period::named_month), rule(PeriodBase, "Month Of FullYear", period::named_month),
    rule(PeriodBase, "Month Of? RelYear", period::named_month), rule(PeriodBase, "Month Of? FullYear", period::named_month),
    rule(PeriodBase, "Month Rel", period::named_month), rule(PeriodBase, "FullYear", period::whole_year),
    rule(PeriodBase, "The? Unit FullYear", period::whole_year),
    rule(PeriodBase, "The? Rel Unit", period::relative_unit), rule(PeriodBase, "The? Unit Rel", period::relative_unit),
    rule(PeriodBase, "The? End Of Unit", period::weekend), rule(PeriodBase, "This End Of Unit", period::weekend),
    rule(PeriodBase, "The? Rel End Of Unit", period::weekend), rule(PeriodBase, "The? End Of Unit Rel", period::weekend),
    rule(PeriodBase, "The? Rel Duration", length::coming_days), rule(PeriodBase, "The? Number Rel Unit", length::coming_days_of),
    rule(PeriodBase, "The? Unit Of The? Dates", period::week_of), rule(PeriodBase, "The? Nth Unit MonthIn", period::nth_week),
    rule(PeriodBase, "Season", period::season), rule(PeriodBase, "Rel Season", period::season), rule(PeriodBase, "The Season", period::season), rule(PeriodBase, "The? Season Than? Rel", period::season), rule(PeriodBase, "The Rel Season", period::season),
    rule(PeriodBase, "Season Of? FullYear", period::season), rule(PeriodBase, "Season Of? RelYear", period::season),
    rule(PeriodBase, "The? Nth Unit Of FullYear", period::nth_of_year), rule(PeriodBase, "The? Nth Unit Of RelYear", period::nth_of_year), rule(PeriodBase, "The? Nth Half Of FullYear", period::half), rule(PeriodBase, "The? Nth Half Of RelYear", period::half),
    rule(PeriodBase, "The? Unit DecadeDigits", period::years_of_decade), rule(PeriodBase, "The? Unit Of The? DecadeDigits", period::years_of_decade), rule(PeriodBase, "The? Unit Of The Unit DecadeDigits", period::years_of_decade),
    rule(PeriodBase, "Edge PeriodBase", edge::piece_of), rule(PeriodBase, "Edge Unit", edge::piece_of_this), rule(PeriodBase, "The? Rest Of PeriodBase", edge::rest_of),
    rule(EdgeDay, "The? Edge PeriodBase", edge::edge_day), rule(EdgeDay, "The? Edge Unit", edge::edge_day_of_this),
    rule(Terminus, "Dates", same), rule(Terminus, "The? PeriodBase", same),
    rule(Period, "PeriodBase", same), rule(Period, "From Terminus Till Terminus", period::range),
    rule(Period, "Terminus Till Terminus", period::range), rule(Period, "Between Terminus And The? Terminus", period::range),
    rule(Period, "From? The? DayNumber Till DayNumber MonthIn", period::days_of_month),
    rule(Period, "Between The? DayNumber And The? DayNumber MonthIn", period::days_of_month),

    rule(RangeHour, "ClockTime", same), rule(RangeHour, "The BareHour", same), rule(RangeHour, "BareHour", same), rule(RangeHour, "HalfHour", same),
    rule(TimeRange, "From RangeHour Till RangeHour", clock::range), rule(TimeRange, "Between RangeHour And RangeHour", clock::range),
    rule(TimeRange, "From RangeHour Till RangeHour InPart", clock::range), rule(TimeRange, "Between RangeHour And RangeHour InPart", clock::range),
    rule(TimeRange, "InPart", clock::part_hours),

    rule(Stamp, "Dates Comma? ClockTime", moment::day_and_clock), rule(Stamp, "Dates HalfHour", moment::day_and_clock), rule(Stamp, "ClockTime Of? Dates", moment::day_and_clock),
    rule(Stamp, "The DayNumber ClockTime", moment::day_number_and_clock),
    rule(Stamp, "Dates InPart ClockTime", moment::day_and_clock), rule(Stamp, "NearPart ClockTime", moment::part_and_clock),
    rule(Stamp, "ClockTime Of NearPart", moment::part_and_clock), rule(Stamp, "Shift", length::to_moment),
    rule(Stamp, "Now", moment::now), rule(Stamp, "Now Just", moment::now),
    rule(Stamp, "Ago Number Instant", moment::now),
    rule(NearPart, "Tonight", moment::tonight), rule(NearPart, "This Part", moment::near_day_part),
    rule(Stretch, "NearPart", moment::near_part), rule(Stretch, "NearPart TimeRange", moment::near_part_and_hours),
    rule(Stretch, "TimeRange Of NearPart", moment::near_part_and_hours), rule(Stretch, "Dates TimeRange", moment::day_and_hours),
    rule(Stretch, "TimeRange Of? Dates", moment::day_and_hours), rule(Stretch, "The? DayPart Of Dates", moment::day_and_part), rule(Stretch, "The DayNumber InPart", moment::day_number_and_part), rule(Stretch, "Dates Of DayPart", moment::day_and_part),
    rule(Stretch, "The? Rel Duration", length::coming_hours),
    rule(Stretch, "From? Stamp Till Stamp", moment::between_moments), rule(Stretch, "From? Stamp Till ClockTime", moment::between_moments),

    rule(RepeatBase, "Every Unit", moment::every), rule(RepeatBase, "Every Duration", moment::every),
    rule(RepeatBase, "Every Weekday", moment::every), rule(RepeatBase, "Every The Weekday", moment::every),
    rule(RepeatBase, "Every The Weekdays", moment::every), rule(RepeatBase, "Every The Unit", moment::every),
    rule(RepeatBase, "The Weekdays", moment::every), rule(RepeatBase, "The Weekday", moment::every_of_many), rule(RepeatBase, "Set", moment::every),
    rule(RepeatBase, "Every The Parts", moment::every), rule(RepeatBase, "The Late Of Unit", moment::weekends), rule(RepeatBase, "Every The Late Of Unit", moment::weekends), rule(RepeatBase, "The Part Of Weekdays", moment::every),
    rule(RepeatBase, "Number Time At? The? Unit", moment::every), rule(RepeatBase, "Number Time By Unit", moment::every), rule(RepeatBase, "Number Time Every Unit", moment::every),
    rule(Repeat, "RepeatBase", same), rule(Repeat, "RepeatBase ClockTime", moment::every),

    rule(OpenWord, "Until", moment::open_before), rule(OpenWord, "Label Before Of", moment::open_no_earlier), rule(OpenWord, "Label Later Of", moment::open_no_later), rule(OpenWord, "Before Of", moment::open_before),
    rule(OpenWord, "Later Of", moment::open_after), rule(OpenWord, "Since", moment::open_since),
    rule(OpenWord, "At Starting Of", moment::open_from),
    rule(Open, "Later Of Business", moment::open_after_duty),
    rule(Open, "OpenWord EdgeDay", moment::open_side),
    rule(Open, "At Starting Of DayNumber", moment::open_from_day_number),
    rule(Open, "OpenWord Stamp", moment::open_side), rule(Open, "OpenWord Stretch", moment::open_side),
    rule(Open, "OpenWord Dates", moment::open_side), rule(Open, "OpenWord PeriodBase", moment::open_side),
    rule(Open, "OpenWord The? ClockTime", moment::open_side), rule(Open, "OpenWord The BareHour", moment::open_side), rule(Open, "Dates OpenWord ClockTime", moment::open_on_day), rule(Open, "Dates OpenWord The BareHour", moment::open_on_day),
];

/// "este", "próximo", "que viene": which of several alike.
fn relative(_: &super::chart::Scene, parts: &[super::chart::Matched]) -> Option<super::values::Node> {
    super::actions::relative(parts)
}
