//! Units of measure as data: what they are called, what they measure and how they convert. Areas, volumes and speeds are
//! put together from lengths; where they are found in a text is in [`super::dimension`].

use super::amount::Amount;
use super::grammar::Grammar;
use super::table::Table;

/// What a unit measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dimension {
    /// In metres.
    Length,
    /// In square metres.
    Area,
    /// In cubic metres.
    Volume,
    /// In kilograms.
    Weight,
    /// In metres per second.
    Speed,
    /// In bits.
    Information,
    /// In degrees.
    Angle,
}

/// A unit with a name of its own.
#[derive(Debug)]
struct Named {
    name: &'static str,
    dimension: Dimension,
    /// How much of the dimension's base unit it is: a numerator and a denominator.
    factor: (u64, u64),
}

const fn named(name: &'static str, dimension: Dimension, numerator: u64, denominator: u64) -> Named {
    Named { name, dimension, factor: (numerator, denominator) }
}

/// What is made of a unit with a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// The unit itself.
    Plain,
    /// `square metre`
    Square,
    /// `cubic metre`
    Cubic,
    /// `metre per second`
    PerSecond,
    /// `metre per minute`
    PerMinute,
    /// `metre per hour`
    PerHour,
}

const MADE: [Made; 6] = [Made::Plain, Made::Square, Made::Cubic, Made::PerSecond, Made::PerMinute, Made::PerHour];

/// A unit, by the number it has in tables of spellings: the place of the named unit, plus 256 times the place of what is
/// made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit(pub(super) u16);

impl Unit {
    fn named(self) -> &'static Named {
        &UNITS[usize::from(self.0 % 256).min(UNITS.len() - 1)]
    }

    fn made(self) -> Made {
        MADE[usize::from(self.0 / 256).min(MADE.len() - 1)]
    }

    /// What is made of this one; only lengths can be made into others.
    pub(super) fn into_made(self, made: Made) -> Option<Unit> {
        let code = MADE.iter().position(|known| *known == made)?;
        let possible = self.0 < 256 && self.named().dimension == Dimension::Length;
        possible.then(|| Unit(self.0 + 256 * code as u16))
    }

    /// What it measures.
    pub(super) fn dimension(self) -> Dimension {
        match self.made() {
            Made::Plain => self.named().dimension,
            Made::Square => Dimension::Area,
            Made::Cubic => Dimension::Volume,
            Made::PerSecond | Made::PerMinute | Made::PerHour => Dimension::Speed,
        }
    }

    /// Its name: `Kilometer`, `Square foot`, `Mile per hour`.
    pub(super) fn name(self) -> String {
        let name = self.named().name;
        match self.made() {
            Made::Plain => name.to_owned(),
            Made::Square => format!("Square {}", name.to_ascii_lowercase()),
            Made::Cubic => format!("Cubic {}", name.to_ascii_lowercase()),
            Made::PerSecond => format!("{name} per second"),
            Made::PerMinute => format!("{name} per minute"),
            Made::PerHour => format!("{name} per hour"),
        }
    }

    /// How much of the dimension's base unit it is.
    pub(super) fn factor(self) -> Amount {
        let (numerator, denominator) = self.named().factor;
        let one = Amount::ratio(i128::from(numerator), i128::from(denominator)).unwrap_or(Amount::ZERO);
        let per = |seconds| one.over(Amount::integer(seconds)).unwrap_or(one);
        match self.made() {
            Made::Plain | Made::PerSecond => one,
            Made::Square => one.times(one),
            Made::Cubic => one.times(one).times(one),
            Made::PerMinute => per(60),
            Made::PerHour => per(3600),
        }
    }
}

use Dimension::{Angle, Area, Information, Length, Speed, Volume, Weight};

/// Units with a name of their own, in the order of their numbers.
#[rustfmt::skip]
static UNITS: &[Named] = &[
    named("Megameter", Length, 1000000, 1),
    named("Kilometer", Length, 1000, 1),
    named("Hectometer", Length, 100, 1),
    named("Decameter", Length, 10, 1),
    named("Meter", Length, 1, 1),
    named("Decimeter", Length, 1, 10),
    named("Centimeter", Length, 1, 100),
    named("Millimeter", Length, 1, 1000),
    named("Micrometer", Length, 1, 1000000),
    named("Nanometer", Length, 1, 1000000000),
    named("Picometer", Length, 1, 1000000000000),
    named("Mile", Length, 201168, 125),
    named("Yard", Length, 1143, 1250),
    named("Foot", Length, 381, 1250),
    named("Inch", Length, 127, 5000),
    named("Fathom", Length, 1143, 625),
    named("Furlong", Length, 25146, 125),
    named("League", Length, 603504, 125),
    named("Nautical mile", Length, 1852, 1),
    named("Light year", Length, 9460730472580800, 1),
    named("Astronomical unit", Length, 149597870700, 1),
    named("Parsec", Length, 30856775814913673, 1),
    named("Angstrom", Length, 1, 10000000000),
    named("Point", Length, 127, 360000),
    named("Hectare", Area, 10000, 1),
    named("Acre", Area, 316160658, 78125),
    named("Kiloliter", Volume, 1, 1),
    named("Hectoliter", Volume, 1, 10),
    named("Decaliter", Volume, 1, 100),
    named("Liter", Volume, 1, 1000),
    named("Deciliter", Volume, 1, 10000),
    named("Centiliter", Volume, 1, 100000),
    named("Milliliter", Volume, 1, 1000000),
    named("Microliter", Volume, 1, 1000000000),
    named("Gallon", Volume, 473176473, 125000000000),
    named("Imperial gallon", Volume, 454609, 100000000),
    named("Quart", Volume, 473176473, 500000000000),
    named("Pint", Volume, 473176473, 1000000000000),
    named("Cup", Volume, 473176473, 2000000000000),
    named("Fluid ounce", Volume, 473176473, 16000000000000),
    named("Fluid dram", Volume, 473176473, 128000000000000),
    named("Tablespoon", Volume, 473176473, 32000000000000),
    named("Teaspoon", Volume, 157725491, 32000000000000),
    named("Gill", Volume, 473176473, 4000000000000),
    named("Minim", Volume, 157725491, 2560000000000000),
    named("Barrel", Volume, 9936705933, 62500000000),
    named("Cord", Volume, 884901456, 244140625),
    named("Peck", Volume, 220244188543, 25000000000000),
    named("Bushel", Volume, 220244188543, 6250000000000),
    named("Hogshead", Volume, 29810117799, 125000000000),
    named("Kilogram", Weight, 1, 1),
    named("Hectogram", Weight, 1, 10),
    named("Decagram", Weight, 1, 100),
    named("Gram", Weight, 1, 1000),
    named("Decigram", Weight, 1, 10000),
    named("Centigram", Weight, 1, 100000),
    named("Milligram", Weight, 1, 1000000),
    named("Microgram", Weight, 1, 1000000000),
    named("Nanogram", Weight, 1, 1000000000000),
    named("Metric ton", Weight, 1000, 1),
    named("Ton", Weight, 45359237, 50000),
    named("Long ton", Weight, 317514659, 312500),
    named("Kiloton", Weight, 1000000, 1),
    named("Megaton", Weight, 1000000000, 1),
    named("Hundredweight", Weight, 45359237, 1000000),
    named("Quintal", Weight, 100, 1),
    named("Stone", Weight, 317514659, 50000000),
    named("Pound", Weight, 45359237, 100000000),
    named("Ounce", Weight, 45359237, 1600000000),
    named("Troy ounce", Weight, 19439673, 625000000),
    named("Dram", Weight, 45359237, 25600000000),
    named("Grain", Weight, 6479891, 100000000000),
    named("Carat", Weight, 1, 5000),
    named("Pennyweight", Weight, 19439673, 12500000000),
    named("Knot", Speed, 463, 900),
    named("Bit", Information, 1, 1),
    named("Kilobit", Information, 1000, 1),
    named("Megabit", Information, 1000000, 1),
    named("Gigabit", Information, 1000000000, 1),
    named("Terabit", Information, 1000000000000, 1),
    named("Petabit", Information, 1000000000000000, 1),
    named("Exabit", Information, 1000000000000000000, 1),
    named("Kibibit", Information, 1024, 1),
    named("Mebibit", Information, 1048576, 1),
    named("Gibibit", Information, 1073741824, 1),
    named("Tebibit", Information, 1099511627776, 1),
    named("Pebibit", Information, 1125899906842624, 1),
    named("Byte", Information, 8, 1),
    named("Kilobyte", Information, 8000, 1),
    named("Megabyte", Information, 8000000, 1),
    named("Gigabyte", Information, 8000000000, 1),
    named("Terabyte", Information, 8000000000000, 1),
    named("Petabyte", Information, 8000000000000000, 1),
    named("Exabyte", Information, 8000000000000000000, 1),
    named("Kibibyte", Information, 8192, 1),
    named("Mebibyte", Information, 8388608, 1),
    named("Gibibyte", Information, 8589934592, 1),
    named("Tebibyte", Information, 8796093022208, 1),
    named("Pebibyte", Information, 9007199254740992, 1),
    named("Degree", Angle, 1, 1),
    named("Radian", Angle, 716197243913529, 12500000000000),
    named("Gradian", Angle, 9, 10),
    named("Arcminute", Angle, 1, 60),
    named("Arcsecond", Angle, 1, 3600),
];

/// Whether a word is a unit, as a sign or as the language calls it.
pub(super) fn is_named(grammar: &Grammar, word: &str) -> bool {
    grammar.units.get_singular(word).or_else(|| SIGNS.get_singular(word)).is_some()
}

/// How units are written in every language: signs, and names that are the same everywhere, in the singular. What a language calls
/// them is its own.
pub(super) static SIGNS: Table = Table::new(
    "\"=14|bbl=45|bit=75|byte=87|cbm=516|cc=32|cg=55|cl=31|cm=6|ct=72|dag=52|dal=28|dam=3|dg=54|dl=30|dm=5|\
     eb=93|ebit=81|exabit=81|exabyte=93|fps=781|ft=13|g=53|gb=90|gbit=78|gbyte=90|gib=96|gigabit=78|gigabyte=90|\
     gm=53|gon=101|gr=53|ha=24|hg=51|hl=27|hm=2|in=14|kb=88|kbit=76|kbyte=88|kg=50|kib=94|kilo=50|kilobit=76|\
     kilobyte=88|kl=26|km=1|kmh=1281|kmph=1281|kn=74|kph=1281|kt=74|l=29|lb=67|ly=19|m=4|mb=89|mbit=77|mbyte=89|\
     mcg=57|meg=89|megabit=77|megabyte=89|mg=56|mi=11|mib=95|ml=32|mm=7|mph=1291|mps=772|mt=59|ng=58|nm=9|nmi=18|\
     oz=68|ozt=69|pb=92|pbit=80|petabit=80|petabyte=92|pib=98|pm=10|rad=100|sqcm=262|sqft=269|sqin=270|sqkm=257|\
     sqm=260|sqmi=267|sqmm=263|sqyd=268|tb=91|tbit=79|terabit=79|terabyte=91|tib=97|ul=33|um=8|yd=12|°=99|µg=57|\
     µl=33|µm=8|μg=57|μl=33|μm=8|”=14|″=14",
);
