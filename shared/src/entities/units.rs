//! Units of measure as data: what they are called, what they measure and how they convert. Areas, volumes and speeds are
//! put together from lengths; where they are found in a text is in [`super::dimension`].

use super::amount::Amount;
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

/// How units are spelt, in the singular.
pub(super) static SPELLINGS: Table = Table::new(
    "\"=14|ac=25|acre=25|angstrom=22|arc minute=102|arc second=103|arcminute=102|arcsecond=103|\
     astronomical unit=20|barrel=45|bbl=45|bit=75|bushel=48|byte=87|carat=72|cbm=516|cc=32|centi meter=6|\
     centi metre=6|centigram=55|centigramme=55|centiliter=31|centilitre=31|centimeter=6|centimetre=6|cg=55|\
     cl=31|cm=6|cord=46|ct=72|cuft=525|cup=38|cupful=38|cwt=64|dag=52|dal=28|dam=3|deca meter=3|deca metre=3|\
     decagram=52|decagramme=52|decaliter=28|decalitre=28|decameter=3|decametre=3|deci meter=5|deci metre=5|\
     decigram=54|decigramme=54|deciliter=30|decilitre=30|decimeter=5|decimetre=5|deg=99|degree=99|dekagram=52|\
     dekaliter=28|dekalitre=28|dekameter=3|dekametre=3|dg=54|dl=30|dm=5|drachm=70|drachma=70|dram=70|dwt=73|\
     eb=93|ebit=81|exa bit=81|exa byte=93|exabit=81|exabyte=93|fathom=15|feet=13|fl oz=39|fl. oz=39|fldr=40|\
     floz=39|fluid drachm=40|fluid dram=40|fluid ounce=39|foot=13|fps=781|ft=13|furlong=16|g=53|gal=34|\
     gallon=34|gb=90|gbit=78|gbyte=90|gib=96|gibibit=84|gibibyte=96|gig=90|giga bit=78|giga byte=90|\
     gigabit=78|gigabyte=90|gill=43|gm=53|gon=101|gr=53|gradian=101|grain=71|gram=53|gramme=53|ha=24|\
     hectare=24|hecto meter=2|hecto metre=2|hectogram=51|hectogramme=51|hectoliter=27|hectolitre=27|\
     hectometer=2|hectometre=2|hg=51|hl=27|hm=2|hogshead=49|hundredweight=64|imperial gallon=35|\
     imperial ton=61|in=14|inch=14|inches=14|kb=88|kbit=76|kbyte=88|kg=50|kib=94|kibibit=82|kibibyte=94|\
     kilo=50|kilo bit=76|kilo byte=88|kilo meter=1|kilo metre=1|kilobit=76|kilobyte=88|kilogram=50|\
     kilogramme=50|kiloliter=26|kilolitre=26|kilometer=1|kilometre=1|kiloton=62|kl=26|klick=1|km=1|kmh=1281|\
     kmph=1281|kn=74|knot=74|kph=1281|kt=74|l=29|lb=67|league=17|light year=19|lightyear=19|liter=29|litre=29|\
     long ton=61|ltr=29|ly=19|m=4|mb=89|mbit=77|mbyte=89|mcg=57|mebibit=83|mebibyte=95|meg=89|mega bit=77|\
     mega byte=89|mega meter=0|mega metre=0|megabit=77|megabyte=89|megameter=0|megametre=0|megaton=63|meter=4|\
     metre=4|metric ton=59|metric tonne=59|mg=56|mi=11|mib=95|micro meter=8|micro metre=8|microgram=57|\
     microgramme=57|microliter=33|microlitre=33|micrometer=8|micrometre=8|micron=8|mile=11|milli meter=7|\
     milli metre=7|milligram=56|milligramme=56|milliliter=32|millilitre=32|millimeter=7|millimetre=7|minim=44|\
     ml=32|mm=7|mph=1291|mps=772|mt=59|mtr=4|nano meter=9|nano metre=9|nanogram=58|nanogramme=58|nanometer=9|\
     nanometre=9|nautical mile=18|ng=58|nm=9|nmi=18|ounce=68|oz=68|ozt=69|parsec=21|pb=92|pbit=80|pebibit=86|\
     pebibyte=98|peck=47|pennyweight=73|peta bit=80|peta byte=92|petabit=80|petabyte=92|pib=98|pico meter=10|\
     pico metre=10|picometer=10|picometre=10|pint=37|pm=10|pound=67|pound mass=67|pt=23|qt=36|quart=36|\
     quintal=65|rad=100|radian=100|short ton=60|sqcm=262|sqft=269|sqin=270|sqkm=257|sqm=260|sqmi=267|sqmm=263|\
     sqyd=268|statute mile=11|stone=66|tablespoon=41|tablespoonful=41|tb=91|tbit=79|tbs=41|tbsp=41|\
     teaspoon=42|teaspoonful=42|tebibit=85|tebibyte=97|tera bit=79|tera byte=91|terabit=79|terabyte=91|tib=97|\
     ton=60|tonne=59|troy ounce=69|tsp=42|uk gallon=35|ul=33|um=8|us gallon=34|yard=12|yd=12|°=99|µg=57|µl=33|\
     µm=8|μg=57|μl=33|μm=8|”=14|″=14",
);
