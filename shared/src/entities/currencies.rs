//! Currencies as data: ISO 4217 with the names, symbols and everyday words people use, and their fractional units. The
//! code is in [`super::money`].

use super::table::Table;

/// A currency.
#[derive(Debug)]
pub(super) struct Currency {
    /// Its name; that of the family (`Dollar`) where the word does not tell which.
    pub(super) name: &'static str,
    /// Its ISO 4217 code (or the customary one); empty where the word does not tell which.
    pub(super) iso: &'static str,
    /// The name of its fractional unit; empty when there is none in use.
    pub(super) minor: &'static str,
    /// How many of those make one.
    pub(super) minors: u32,
}

const fn currency(name: &'static str, iso: &'static str, minor: &'static str, minors: u32) -> Currency {
    Currency { name, iso, minor, minors }
}

/// A fractional unit.
#[derive(Debug)]
pub(super) struct Minor {
    /// Its name.
    pub(super) name: &'static str,
    /// How many usually make one of the currency.
    pub(super) minors: u32,
}

const fn minor(name: &'static str, minors: u32) -> Minor {
    Minor { name, minors }
}

/// All currencies, in the order of their numbers.
#[rustfmt::skip]
pub(super) static CURRENCIES: &[Currency] = &[
    currency("Dollar", "", "Cent", 100), currency("Pound", "", "Penny", 100), currency("Euro", "EUR", "Cent", 100),
    currency("Franc", "", "Centime", 100), currency("Rupee", "", "Paisa", 100),
    currency("Peso", "", "Centavo", 100), currency("Krone", "", "Øre", 100), currency("Dinar", "", "Fils", 1000),
    currency("Riyal", "", "Halala", 100), currency("Dirham", "", "Fils", 100), currency("Ruble", "", "Kopek", 100),
    currency("Shilling", "", "Cent", 100), currency("Lira", "", "Kuruş", 100), currency("Won", "", "Jeon", 100),
    currency("Yen", "JPY", "Sen", 100), currency("Manat", "", "Qəpik", 100), currency("Leu", "", "Ban", 100),
    currency("Mark", "", "Pfennig", 100), currency("Kwacha", "", "Ngwee", 100), currency("Som", "", "Tyiyn", 100),
    currency("Guilder", "", "Cent", 100), currency("Peseta", "ESP", "Céntimo", 100),
    currency("Colón", "", "Céntimo", 100), currency("Escudo", "", "Centavo", 100),
    currency("Drachma", "GRD", "Lepton", 100), currency("Schilling", "ATS", "Groschen", 100),
    currency("United States dollar", "USD", "Cent", 100), currency("Australian dollar", "AUD", "Cent", 100),
    currency("Canadian dollar", "CAD", "Cent", 100), currency("Hong Kong dollar", "HKD", "Cent", 100),
    currency("Singapore dollar", "SGD", "Cent", 100), currency("New Zealand dollar", "NZD", "Cent", 100),
    currency("Taiwan dollar", "TWD", "Cent", 100), currency("Bahamian dollar", "BSD", "Cent", 100),
    currency("Barbadian dollar", "BBD", "Cent", 100), currency("Belize dollar", "BZD", "Cent", 100),
    currency("Bermudian dollar", "BMD", "Cent", 100), currency("Brunei dollar", "BND", "Cent", 100),
    currency("Cayman Islands dollar", "KYD", "Cent", 100), currency("East Caribbean dollar", "XCD", "Cent", 100),
    currency("Fijian dollar", "FJD", "Cent", 100), currency("Guyanese dollar", "GYD", "Cent", 100),
    currency("Jamaican dollar", "JMD", "Cent", 100), currency("Kiribati dollar", "KID", "Cent", 100),
    currency("Liberian dollar", "LRD", "Cent", 100), currency("Namibian dollar", "NAD", "Cent", 100),
    currency("Solomon Islands dollar", "SBD", "Cent", 100), currency("Surinamese dollar", "SRD", "Cent", 100),
    currency("Trinidad and Tobago dollar", "TTD", "Cent", 100), currency("Tuvaluan dollar", "TVD", "Cent", 100),
    currency("Cook Islands dollar", "", "Cent", 100), currency("Nauruan dollar", "", "Cent", 100),
    currency("Niue dollar", "", "Cent", 100), currency("Palauan dollar", "", "Cent", 100),
    currency("Pitcairn Islands dollar", "", "Cent", 100), currency("Micronesian dollar", "", "Cent", 100),
    currency("British Virgin Islands dollar", "", "Cent", 100), currency("Zimbabwean dollar", "ZWL", "Cent", 100),
    currency("British pound", "GBP", "Penny", 100), currency("Egyptian pound", "EGP", "Penny", 100),
    currency("Lebanese pound", "LBP", "Penny", 100), currency("Syrian pound", "SYP", "Penny", 100),
    currency("Sudanese pound", "SDG", "Penny", 100), currency("South Sudanese pound", "SSP", "Penny", 100),
    currency("Falkland Islands pound", "FKP", "Penny", 100), currency("Gibraltar pound", "GIP", "Penny", 100),
    currency("Guernsey pound", "GGP", "Penny", 100), currency("Jersey pound", "JEP", "Penny", 100),
    currency("Manx pound", "IMP", "Penny", 100), currency("Saint Helena pound", "SHP", "Penny", 100),
    currency("Irish pound", "IEP", "Penny", 100), currency("Cypriot pound", "CYP", "Penny", 100),
    currency("Alderney pound", "", "Penny", 100), currency("Tristan da Cunha pound", "", "Penny", 100),
    currency("Ascension pound", "", "Penny", 100), currency("Scottish pound", "", "Penny", 100),
    currency("Swiss franc", "CHF", "Rappen", 100), currency("West African CFA franc", "XOF", "Centime", 100),
    currency("Central African CFA franc", "XAF", "Centime", 100), currency("CFP franc", "XPF", "Centime", 100),
    currency("Comorian franc", "KMF", "Centime", 100), currency("Congolese franc", "CDF", "Centime", 100),
    currency("Burundian franc", "BIF", "Centime", 100), currency("Djiboutian franc", "DJF", "Centime", 100),
    currency("Guinean franc", "GNF", "Centime", 100), currency("Rwandan franc", "RWF", "Centime", 100),
    currency("French franc", "FRF", "Centime", 100), currency("Belgian franc", "BEF", "Centime", 100),
    currency("Luxembourg franc", "LUF", "Centime", 100), currency("Indian rupee", "INR", "Paisa", 100),
    currency("Pakistani rupee", "PKR", "Paisa", 100), currency("Nepalese rupee", "NPR", "Paisa", 100),
    currency("Sri Lankan rupee", "LKR", "Cent", 100), currency("Mauritian rupee", "MUR", "Paisa", 100),
    currency("Seychellois rupee", "SCR", "Paisa", 100), currency("Mexican peso", "MXN", "Centavo", 100),
    currency("Argentine peso", "ARS", "Centavo", 100), currency("Chilean peso", "CLP", "Centavo", 100),
    currency("Colombian peso", "COP", "Centavo", 100), currency("Philippine peso", "PHP", "Centavo", 100),
    currency("Cuban peso", "CUP", "Centavo", 100), currency("Cuban convertible peso", "CUC", "Centavo", 100),
    currency("Dominican peso", "DOP", "Centavo", 100), currency("Uruguayan peso", "UYU", "Centavo", 100),
    currency("Danish krone", "DKK", "Øre", 100), currency("Norwegian krone", "NOK", "Øre", 100),
    currency("Swedish krona", "SEK", "Øre", 100), currency("Icelandic króna", "ISK", "Eyrir", 100),
    currency("Faroese króna", "", "Eyrir", 100), currency("Czech koruna", "CZK", "Haléř", 100),
    currency("Slovak koruna", "SKK", "Haléř", 100), currency("Kuwaiti dinar", "KWD", "Fils", 1000),
    currency("Bahraini dinar", "BHD", "Fils", 1000), currency("Jordanian dinar", "JOD", "Fils", 1000),
    currency("Iraqi dinar", "IQD", "Fils", 1000), currency("Libyan dinar", "LYD", "Fils", 1000),
    currency("Tunisian dinar", "TND", "Millime", 1000), currency("Algerian dinar", "DZD", "Santeem", 100),
    currency("Serbian dinar", "RSD", "Para", 100), currency("Yugoslav dinar", "YUN", "Para", 100),
    currency("Iranian rial", "IRR", "Dirham", 100), currency("Omani rial", "OMR", "Baisa", 1000),
    currency("Yemeni rial", "YER", "Fils", 100), currency("Saudi riyal", "SAR", "Halala", 100),
    currency("Qatari riyal", "QAR", "Dirham", 100), currency("United Arab Emirates dirham", "AED", "Fils", 100),
    currency("Moroccan dirham", "MAD", "Centime", 100), currency("Russian ruble", "RUB", "Kopek", 100),
    currency("Belarusian ruble", "BYN", "Kapyeyka", 100), currency("Old Belarusian ruble", "BYR", "Kopek", 100),
    currency("Transnistrian ruble", "PRB", "Kopek", 100), currency("Kenyan shilling", "KES", "Cent", 100),
    currency("Tanzanian shilling", "TZS", "Cent", 100), currency("Ugandan shilling", "UGX", "Cent", 100),
    currency("Somali shilling", "SOS", "Cent", 100), currency("Somaliland shilling", "", "Cent", 100),
    currency("Turkish lira", "TRY", "Kuruş", 100), currency("Italian lira", "ITL", "Centesimo", 100),
    currency("Maltese lira", "MTL", "Kuruş", 100), currency("South Korean won", "KRW", "Jeon", 100),
    currency("North Korean won", "KPW", "Jeon", 100), currency("Azerbaijani manat", "AZN", "Qəpik", 100),
    currency("Turkmenistan manat", "TMT", "Qəpik", 100), currency("Romanian leu", "RON", "Ban", 100),
    currency("Moldovan leu", "MDL", "Ban", 100), currency("Zambian kwacha", "ZMW", "Ngwee", 100),
    currency("Malawian kwacha", "MWK", "Tambala", 100), currency("Kyrgyzstani som", "KGS", "Tyiyn", 100),
    currency("Uzbekistani som", "UZS", "Tiyin", 100), currency("Costa Rican colón", "CRC", "Céntimo", 100),
    currency("Salvadoran colón", "SVC", "Céntimo", 100), currency("Chinese yuan", "CNY", "Jiao", 10),
    currency("Bitcoin", "XBT", "Satoshi", 100000000), currency("Ether", "ETH", "Gwei", 1000000000),
    currency("Afghan afghani", "AFN", "Pul", 100), currency("Albanian lek", "ALL", "Qindarkë", 100),
    currency("Angolan kwanza", "AOA", "Cêntimo", 100), currency("Armenian dram", "AMD", "Luma", 100),
    currency("Aruban florin", "AWG", "Cent", 100), currency("Netherlands Antillean guilder", "ANG", "Cent", 100),
    currency("Bangladeshi taka", "BDT", "Poisha", 100), currency("Bhutanese ngultrum", "BTN", "Chetrum", 100),
    currency("Bolivian boliviano", "BOB", "Centavo", 100),
    currency("Bosnia and Herzegovina convertible mark", "BAM", "Fening", 100),
    currency("Botswana pula", "BWP", "Thebe", 100), currency("Brazilian real", "BRL", "Centavo", 100),
    currency("Bulgarian lev", "BGN", "Stotinka", 100), currency("Cambodian riel", "KHR", "Sen", 100),
    currency("Cape Verdean escudo", "CVE", "Centavo", 100), currency("Croatian kuna", "HRK", "Lipa", 100),
    currency("Eritrean nakfa", "ERN", "Cent", 100), currency("Ethiopian birr", "ETB", "Santim", 100),
    currency("Gambian dalasi", "GMD", "Butut", 100), currency("Georgian lari", "GEL", "Tetri", 100),
    currency("Ghanaian cedi", "GHS", "Pesewa", 100), currency("Guatemalan quetzal", "GTQ", "Centavo", 100),
    currency("Haitian gourde", "HTG", "Centime", 100), currency("Honduran lempira", "HNL", "Centavo", 100),
    currency("Hungarian forint", "HUF", "Fillér", 100), currency("Indonesian rupiah", "IDR", "Sen", 100),
    currency("Israeli new shekel", "ILS", "Agora", 100), currency("Kazakhstani tenge", "KZT", "Tiyn", 100),
    currency("Lao kip", "LAK", "Att", 100), currency("Latvian lats", "LVL", "Santims", 100),
    currency("Lithuanian litas", "LTL", "Centas", 100), currency("Lesotho loti", "LSL", "Sente", 100),
    currency("Macanese pataca", "MOP", "Avo", 100), currency("Macedonian denar", "MKD", "Deni", 100),
    currency("Malagasy ariary", "MGA", "Iraimbilanja", 5), currency("Malaysian ringgit", "MYR", "Sen", 100),
    currency("Maldivian rufiyaa", "MVR", "Laari", 100), currency("Mauritanian ouguiya", "MRU", "Khoums", 5),
    currency("Mongolian tögrög", "MNT", "Möngö", 100), currency("Mozambican metical", "MZN", "Centavo", 100),
    currency("Burmese kyat", "MMK", "Pya", 100), currency("Nicaraguan córdoba", "NIO", "Centavo", 100),
    currency("Nigerian naira", "NGN", "Kobo", 100), currency("Panamanian balboa", "PAB", "Centesimo", 100),
    currency("Papua New Guinean kina", "PGK", "Toea", 100), currency("Paraguayan guaraní", "PYG", "Céntimo", 100),
    currency("Peruvian sol", "PEN", "Céntimo", 100), currency("Polish złoty", "PLN", "Grosz", 100),
    currency("Samoan tālā", "WST", "Sene", 100), currency("São Tomé and Príncipe dobra", "STN", "Cêntimo", 100),
    currency("Sierra Leonean leone", "SLE", "Cent", 100), currency("South African rand", "ZAR", "Cent", 100),
    currency("Swazi lilangeni", "SZL", "Cent", 100), currency("Tajikistani somoni", "TJS", "Diram", 100),
    currency("Thai baht", "THB", "Satang", 100), currency("Tongan paʻanga", "TOP", "Seniti", 100),
    currency("Ukrainian hryvnia", "UAH", "Kopiyka", 100), currency("Vanuatu vatu", "VUV", "Centime", 100),
    currency("Venezuelan bolívar", "VES", "Céntimo", 100), currency("Vietnamese dong", "VND", "Hào", 10),
    currency("Abkhazian apsar", "", "", 0), currency("Finnish markka", "FIM", "Penni", 100),
    currency("German mark", "DEM", "Pfennig", 100), currency("Estonian kroon", "EEK", "Sent", 100),
    currency("Slovenian tolar", "SIT", "Stotin", 100),
];

/// Fractional units that are spoken of by themselves, in the order of their numbers.
#[rustfmt::skip]
pub(super) static MINORS: &[Minor] = &[
    minor("Cent", 100), minor("Penny", 100), minor("Pence", 100), minor("Nickel", 20), minor("Dime", 10),
    minor("Centime", 100), minor("Rappen", 100), minor("Paisa", 100), minor("Centavo", 100), minor("Øre", 100),
    minor("Eyrir", 100), minor("Haléř", 100), minor("Fils", 1000), minor("Halala", 100), minor("Kopek", 100),
    minor("Kapyeyka", 100), minor("Kuruş", 100), minor("Jeon", 100), minor("Sen", 100), minor("Qəpik", 100),
    minor("Ban", 100), minor("Pfennig", 100), minor("Ngwee", 100), minor("Tambala", 100), minor("Tyiyn", 100),
    minor("Tiyin", 100), minor("Céntimo", 100), minor("Centesimo", 100), minor("Lepton", 100),
    minor("Groschen", 100), minor("Jiao", 10), minor("Fen", 100), minor("Satoshi", 100000000), minor("Pul", 100),
    minor("Qindarkë", 100), minor("Poisha", 100), minor("Chetrum", 100), minor("Fening", 100), minor("Thebe", 100),
    minor("Stotinka", 100), minor("Lipa", 100), minor("Butut", 100), minor("Tetri", 100), minor("Pesewa", 100),
    minor("Fillér", 100), minor("Agora", 100), minor("Tiyn", 100), minor("Sente", 100), minor("Avo", 100),
    minor("Deni", 100), minor("Iraimbilanja", 5), minor("Laari", 100), minor("Khoums", 5), minor("Pya", 100),
    minor("Kobo", 100), minor("Toea", 100), minor("Grosz", 100), minor("Sene", 100), minor("Diram", 100),
    minor("Satang", 100), minor("Seniti", 100), minor("Kopiyka", 100), minor("Hào", 10), minor("Baisa", 1000),
    minor("Millime", 1000), minor("Santeem", 100), minor("Dirham", 100), minor("Para", 100), minor("Santim", 100),
    minor("Att", 100), minor("Centas", 100), minor("Cêntimo", 100), minor("Gwei", 1000000000), minor("Luma", 100),
    minor("Möngö", 100), minor("Penni", 100), minor("Santims", 100), minor("Sent", 100), minor("Stotin", 100),
];

/// How currencies are spelt behind a number, in the singular.
#[rustfmt::skip]
pub(super) static SPELLINGS: Table = Table::new(
    "$=0|abkhazian apsar=214|aed=125|afghan afghani=154|afghani=154|afn=154|albanian lek=155|alderney pound=72|\
     alderney £=72|algeria dinar=117|algerian dinar=117|all=155|amd=157|america $=26|america dollar=26|american $=26|\
     american dollar=26|ang=159|angolan kwanza=156|antillean guilder=159|aoa=156|apsar=214|argentina peso=96|\
     argentine peso=96|argentinian peso=96|ariary=188|armenian dram=157|ars=96|aruban florin=158|ascension pound=74|\
     ascension £=74|ats=25|au $=27|au dollar=27|aud=27|aus $=27|aus dollar=27|aussie $=27|aussie buck=27|\
     aussie dollar=27|australia $=27|australia dollar=27|australian $=27|australian dollar=27|austrian schilling=25|\
     awg=158|azerbaijan manat=141|azerbaijani manat=141|azn=141|bahamas $=33|bahamas dollar=33|bahamia $=33|\
     bahamia dollar=33|bahamian $=33|bahamian dollar=33|bahrain dinar=112|bahraini dinar=112|baht=208|balboa=197|\
     bam=163|bangladeshi taka=160|barbadian $=34|barbadian dollar=34|barbados $=34|barbados dollar=34|bbd=34|bdt=160|\
     bef=87|belarus rouble=128|belarus ruble=128|belarusian rouble=128|belarusian ruble=128|belgian franc=87|\
     belgium franc=87|belize $=35|belize dollar=35|bermuda $=36|bermuda dollar=36|bermudian $=36|bermudian dollar=36|\
     bgn=166|bhd=112|bhutanese ngultrum=161|bif=82|birr=171|bitcoin=152|bmd=36|bnd=37|bob=162|bolivar=212|\
     bolivar fuerte=212|bolivar soberano=212|bolivares=212|bolivian boliviano=162|boliviano=162|\
     bosnia and herzegovina convertible mark=163|bosnian mark=163|botswana pula=164|brazil real=165|\
     brazilian reais=165|brazilian real=165|british pound=58|british virgin island $=56|\
     british virgin island dollar=56|british virgin islands $=56|british virgin islands dollar=56|british £=58|\
     brl=165|brunei $=37|brunei dollar=37|bs.f=212|bsd=33|btc=152|btn=161|buck=0|bulgaria lev=166|bulgarian lev=166|\
     burmese kyat=194|burundi franc=82|burundian franc=82|bwp=164|byn=128|byr=129|bzd=35|cad=28|cambodia riel=167|\
     cambodian riel=167|canada $=28|canada dollar=28|canadian $=28|canadian dollar=28|cape verdean escudo=168|\
     cayman $=38|cayman dollar=38|cayman island $=38|cayman island dollar=38|cayman islands $=38|\
     cayman islands dollar=38|cdf=81|cdn=28|cedi=174|central africa cfa franc=78|central africa franc=78|\
     central african cfa franc=78|central african franc=78|cfp franc=79|chf=76|chile peso=97|chilean peso=97|\
     china yuan=151|chinese renminbi=151|chinese yuan=151|clp=97|cny=151|cn¥=151|colombia peso=98|colombian peso=98|\
     colon=22|colones=22|comorian franc=80|comoro franc=80|congo franc=81|congolese franc=81|convertible mark=163|\
     cook island $=50|cook island dollar=50|cook islands $=50|cook islands dollar=50|cop=98|cordoba=195|\
     costa rica colon=149|costa rica colones=149|costa rican colon=149|costa rican colones=149|crc=149|\
     croatia kuna=169|croatian kuna=169|cuba convertible peso=101|cuba peso=100|cuban convertible peso=101|\
     cuban peso=100|cuc=101|cup=100|cve=168|cyp=71|cypriot pound=71|cypriot £=71|cyprus pound=71|cyprus £=71|\
     czech crown=109|czech koruna=109|czk=109|d=213|dalasi=172|danish krone=104|danish kroner=104|dem=216|denar=7|\
     denmark krone=104|denmark kroner=104|deutsche mark=17|deutschemark=17|deutschmark=17|dh=9|dhs=9|dinar=7|\
     dirham=9|dirhem=9|djf=83|djibouti franc=83|djiboutian franc=83|dkk=104|dobra=203|dolar=0|dolar americano=26|\
     dolar estadounidense=26|dolares=0|dolares americanos=26|dolares estadounidenses=26|dollar=0|dominica peso=102|\
     dominican peso=102|dominican republic peso=102|dong=213|dop=102|dutch guilder=20|dzd=117|east caribbean $=39|\
     east caribbean dollar=39|eastern caribbean $=39|eastern caribbean dollar=39|eek=217|egp=59|egypt pound=59|\
     egypt £=59|egyptian pound=59|egyptian £=59|el salvador colon=150|el salvador colones=150|emalangeni=206|\
     emirati dirham=125|english pound=58|english £=58|eritrean nakfa=170|ern=170|escudo=23|esp=21|estonian kroon=217|\
     etb=171|eth=153|ether=153|ethereum=153|ethiopian birr=171|eur=2|euro=2|falkland island pound=64|\
     falkland island £=64|falkland islands pound=64|falkland islands £=64|falkland pound=64|falkland £=64|\
     faroese krona=108|faroese kronur=108|fcfa=78|fiji $=40|fiji dollar=40|fijian $=40|fijian dollar=40|\
     filipino peso=99|fim=215|finnish mark=215|finnish markka=215|fjd=40|fkp=64|florin=20|forint=178|fr=3|franc=3|\
     france franc=86|franco suizo=76|francos suizos=76|french franc=86|frf=86|gambian dalasi=172|gb pound=58|gb £=58|\
     gbp=58|gel=173|georgian lari=173|german mark=17|ggp=66|ghana cedi=174|ghanaian cedi=174|ghs=174|gh₵=174|\
     gibraltar pound=65|gibraltar £=65|gip=65|gmd=172|gnf=84|gourde=176|grd=24|great british pound=58|\
     great british £=58|greek drachma=24|greenback=0|grivna=210|gtq=175|guarani=199|guatemala quetzal=175|\
     guatemalan quetzal=175|guernsey pound=66|guernsey £=66|guilder=20|guinea franc=84|guinean franc=84|gulden=20|\
     guyana $=41|guyana dollar=41|guyanaese $=41|guyanaese dollar=41|guyanese $=41|guyanese dollar=41|gyd=41|\
     haitian gourde=176|hk $=29|hk dollar=29|hkd=29|hnl=177|honduran lempira=177|hong kong $=29|hong kong dollar=29|\
     hongkong $=29|hongkong dollar=29|hrk=169|hryvna=210|hryvni=210|hryvnia=210|htg=176|huf=178|hungarian forint=178|\
     hungary forint=178|iceland krona=107|iceland kronur=107|icelandic krona=107|icelandic kronur=107|idr=179|iep=70|\
     ils=180|india rupee=89|indian rupee=89|indonesian rupiah=179|inr=89|iqd=114|iran rial=120|iran riyal=120|\
     iranian rial=120|iranian riyal=120|iraq dinar=114|iraqi dinar=114|irish pound=70|irish £=70|irr=120|isk=107|\
     isle of man pound=68|isle of man £=68|israeli new shekel=180|israeli shekel=180|italian lira=137|itl=137|\
     jamaica $=42|jamaica dollar=42|jamaican $=42|jamaican dollar=42|japan yen=14|japanese yen=14|jep=67|\
     jersey pound=67|jersey £=67|jmd=42|jod=113|jordan dinar=113|jordanian dinar=113|jpy=14|kazakhstani tenge=181|\
     kc=109|kenya shilling=131|kenyan shilling=131|kes=131|kgs=147|khr=167|kid=43|kina=198|kip=182|kiribati $=43|\
     kiribati dollar=43|kiwi $=31|kiwi dollar=31|kmf=80|korean won=13|koruna=109|kpw=140|kr=6|krona=6|krone=6|\
     kroner=6|kronor=6|kronur=6|kroon=217|krw=139|ksh=131|kuai=151|kuna=169|kuwait dinar=111|kuwaiti dinar=111|\
     kwacha=18|kwanza=156|kwd=111|kyat=194|kyd=38|kyrgyz som=147|kyrgyzstani som=147|kz=156|kzt=181|lak=182|\
     lao kip=182|lari=173|latvian lat=183|lbp=60|le=59|lebanese pound=60|lebanese £=60|lebanon pound=60|lebanon £=60|\
     lei=16|lek=155|lempira=177|leone=204|lesotho loti=185|leu=16|lev=166|leva=166|liberia $=44|liberia dollar=44|\
     liberian $=44|liberian dollar=44|libra esterlina=58|libras esterlinas=58|libya dinar=115|libyan dinar=115|\
     lilangeni=206|lira=12|lire=12|litas=184|lithuanian litas=184|lkr=92|loonie=28|loti=185|lrd=44|lsl=185|ltl=184|\
     luf=88|luxembourg franc=88|luxembourgish franc=88|lvl=183|lyd=115|macanese pataca=186|macedonian denar=187|\
     mad=126|malagasy ariary=188|malawi kwacha=146|malawian kwacha=146|malaysia ringgit=189|malaysian ringgit=189|\
     maldive rufiyaa=190|maldivian rufiyaa=190|maltese lira=138|manat=15|manx pound=68|manx £=68|markka=215|\
     mauritania ouguiya=191|mauritanian ouguiya=191|mauritian rupee=93|mauritius rupee=93|mdl=144|metical=193|\
     mexican peso=95|mexico peso=95|mga=188|micronesia $=55|micronesia dollar=55|micronesian $=55|\
     micronesian dollar=55|mkd=187|mmk=194|mnt=192|moldova lei=144|moldova leu=144|moldovan lei=144|moldovan leu=144|\
     mongolia togrog=192|mongolian togrog=192|mongolian tugrik=192|mop=186|mop$=186|moroccan dirham=126|\
     morocco dirham=126|mozambica metical=193|mozambican metical=193|mru=191|mtl=138|mur=93|mvr=190|mwk=146|mxn=95|\
     myanmar kyat=194|myr=189|mzn=193|nad=45|naira=196|nakfa=170|namibia $=45|namibia dollar=45|namibian $=45|\
     namibian dollar=45|nauru $=51|nauru dollar=51|nauruan $=51|nauruan dollar=51|nederlandse gulden=20|\
     nepal rupee=91|nepalese rupee=91|nepali rupee=91|netherlands antillean guilder=159|netherlands guilder=20|\
     new belarusian rouble=128|new belarusian ruble=128|new shekel=180|new taiwan $=32|new taiwan dollar=32|\
     new zealand $=31|new zealand dollar=31|ngn=196|ngultrum=161|nicaragua cordoba=195|nicaraguan cordoba=195|\
     nigeria naira=196|nigerian naira=196|nio=195|nis=180|niue $=52|niue dollar=52|nlg=20|nok=105|\
     north korea won=140|north korean won=140|norway krone=105|norway kroner=105|norwegian krone=105|\
     norwegian kroner=105|npr=91|nt $=32|nt dollar=32|ntd=32|nuevo sol=200|nz $=31|nz dollar=31|nzd=31|\
     old belarusian rouble=129|old belarusian ruble=129|oman rial=121|oman riyal=121|omani rial=121|omani riyal=121|\
     omr=121|ouguiya=191|pa'anga=209|pab=197|pakistan rupee=90|pakistani rupee=90|palau $=53|palau dollar=53|\
     palauan $=53|palauan dollar=53|panamanian balboa=197|papua new guinean kina=198|paraguayan guarani=199|\
     pataca=186|pavo=2|pavos=2|pen=200|perak=179|peruvian nuevo sol=200|peruvian sol=200|peseta=21|peso=5|peso argentino=96|\
     peso chileno=97|peso colombiano=98|peso mexicano=95|pesos argentinos=96|pesos chilenos=97|pesos colombianos=98|\
     pesos mexicanos=95|pgk=198|philippine peso=99|philippines peso=99|php=99|pitcairn $=54|\
     pitcairn dollar=54|pitcairn island $=54|pitcairn island dollar=54|pitcairn islands $=54|\
     pitcairn islands dollar=54|pkr=90|pln=201|poland zloty=201|polish zloty=201|portuguese escudo=23|pound=1|\
     pound sterling=58|pound stg=58|pounds sterling=58|prb=130|pula=164|pyg=199|qar=124|qatar rial=124|\
     qatar riyal=124|qatari rial=124|qatari riyal=124|quai=151|quetzal=175|quid=1|r$=165|rand=205|reais=165|\
     renminbi=151|rial=8|riel=167|ringgit=189|riyal=8|rm=189|rmb=151|romania lei=143|romania leu=143|\
     romanian lei=143|romanian leu=143|ron=143|rouble=10|rp=179|rs=4|rsd=118|rub=127|ruble=10|rufiyaa=190|rupee=4|\
     rupiah=179|russia rouble=127|russia ruble=127|russian rouble=127|russian ruble=127|rwanda franc=85|\
     rwandan franc=85|rwf=85|r₣=85|s/=200|saint helena pound=69|saint helena £=69|salvador colon=150|\
     salvador colones=150|salvadoran colon=150|salvadoran colones=150|samoan tala=202|\
     sao tome and principe dobra=203|sar=123|saudi arabia rial=123|saudi arabia riyal=123|saudi arabian rial=123|\
     saudi arabian riyal=123|saudi rial=123|saudi riyal=123|sbd=46|schilling=25|scots pound=75|scots £=75|\
     scottish pound=75|scottish £=75|scr=94|sdg=62|sek=106|serbia dinar=118|serbian dinar=118|seychelles rupee=94|\
     seychellois rupee=94|sfr=76|sgd=30|shekel=180|sheqel=180|shilin=134|shilling=11|shp=69|sierra leonean leone=204|\
     singapor $=30|singapor dollar=30|singapore $=30|singapore dollar=30|singaporean $=30|singaporean dollar=30|\
     sit=218|skk=110|sle=204|slovak crown=110|slovak koruna=110|slovenian tolar=218|sol=200|soles=200|\
     solomon island $=46|solomon island dollar=46|solomon islands $=46|solomon islands dollar=46|som=19|\
     somali shilling=134|somalia shilling=134|somaliland shilling=135|somoni=207|sos=134|south africa rand=205|\
     south african rand=205|south korea won=139|south korean won=139|south sudan pound=63|south sudan £=63|\
     south sudanese pound=63|south sudanese £=63|spanish peseta=21|srd=47|sri lanka rupee=92|sri lankan rupee=92|\
     ssp=63|st helena pound=69|st helena £=69|sterling=58|sterling pound=58|sterling £=58|stg=58|stn=203|\
     sudan pound=62|sudan £=62|sudanese pound=62|sudanese £=62|surinam $=47|surinam dollar=47|suriname $=47|\
     suriname dollar=47|surinamese $=47|surinamese dollar=47|svc=150|swazi lilangeni=206|sweden krona=106|\
     sweden kronor=106|swedish krona=106|swedish kronor=106|swiss franc=76|switzerland franc=76|syp=61|\
     syria pound=61|syria £=61|syrian pound=61|syrian £=61|szl=206|t$=209|taiwan $=32|taiwan dollar=32|\
     taiwanese $=32|taiwanese dollar=32|tajikistani somoni=207|taka=160|tala=202|tanzania shilling=132|\
     tanzanian shilling=132|tenge=181|thai baht=208|thailand baht=208|thb=208|tjs=207|tl=136|tmt=142|tnd=116|\
     togrog=192|tolar=218|tongan pa'anga=209|top=209|transnistrian rouble=130|transnistrian ruble=130|trinidad $=48|\
     trinidad and tobago $=48|trinidad and tobago dollar=48|trinidad dollar=48|trinidadian $=48|\
     trinidadian dollar=48|tristan da cunha pound=73|tristan da cunha £=73|try=136|tsh=132|ttd=48|tugrik=192|\
     tunisia dinar=116|tunisian dinar=116|turkey lira=136|turkish lira=136|turkmen manat=142|turkmenistan manat=142|\
     turkmenistan new manat=142|tuvalu $=49|tuvalu dollar=49|tuvaluan $=49|tuvaluan dollar=49|tvd=49|twd=32|tzs=132|\
     u.a.e. dirham=125|u.k. pound=58|u.s dollar=26|u.s. dollar=26|u.s.a. dollar=26|uae dirham=125|uah=210|\
     uganda shilling=133|ugandan shilling=133|ugx=133|uk pound=58|uk £=58|ukrain hryvnia=210|ukraine hryvnia=210|\
     ukrainian hryvnia=210|united arab emirates dirham=125|united states $=26|united states dollar=26|\
     uruguay peso=103|uruguayan peso=103|us $=26|us buck=26|us dollar=26|usa $=26|usa dollar=26|usd=26|ush=133|\
     uyu=103|uzbek som=148|uzbekistani som=148|uzbekitan som=148|uzs=148|vanuatu vatu=211|vatu=211|vef=212|\
     venezuela bolivar=212|venezuelan bolivar=212|ves=212|vietnam dong=213|vietnamese dong=213|virgin island $=56|\
     virgin island dollar=56|virgin islands $=56|virgin islands dollar=56|vnd=213|vuv=211|west africa cfa franc=77|\
     west africa franc=77|west african cfa franc=77|west african franc=77|won=13|ws$=202|wst=202|xaf=78|xbt=152|\
     xcd=39|xof=77|xpf=79|yemen rial=122|yemen riyal=122|yemeni rial=122|yemeni riyal=122|yen=14|yer=122|yuan=151|\
     yugoslav dinar=119|yugoslavian dinar=119|yun=119|zambia kwacha=145|zambian kwacha=145|zar=205|zealand $=31|\
     zealand dollar=31|zimbabwe $=57|zimbabwe dollar=57|zimbabwean $=57|zimbabwean dollar=57|zl=201|zloties=201|\
     zloty=201|zlotych=201|zmw=145|zwl=57|£=1|¥=14|ƒ=158|ден=187|дин=118|лв=166|֏=157|؋=154|د.ك=111|৳=160|ரூ=92|\
     රු=92|฿=208|៛=167|₡=149|₣=86|₤=137|₦=196|₩=13|₪=180|₫=213|€=2|₭=182|₮=192|₱=99|₲=199|₴=210|₵=174|₸=181|₹=89|\
     ₺=136|₼=141|₽=127|₾=173|₿=152|人民币=151|元=151|円=14|块=151|﷼=8|￡=1",
);

/// How fractional units are spelt behind a number, in the singular.
#[rustfmt::skip]
pub(super) static MINOR_SPELLINGS: Table = Table::new(
    "agora=45|agorot=45|aurar=10|avo=48|baisa=63|ban=20|bani=20|butut=41|c=0|cent=0|centavo=8|centesimi=27|\
     centesimo=27|centime=5|centimo=26|chetrum=36|deni=49|dime=4|diram=58|euro cent=0|eurocent=0|eyrir=10|\
     fen=31|fening=37|fil=12|filler=44|groschen=29|grosz=56|grosze=56|groszy=56|gwei=72|halala=13|haler=11|\
     haleru=11|hao=62|iraimbilanja=50|jeon=17|jiao=30|kapyeyka=15|khoums=52|kobo=54|kopeck=14|kopek=14|\
     kopeyka=14|kopiyka=61|kopiyok=61|kurus=16|laari=51|lepta=28|lipa=40|lisente=47|luma=73|mao=30|millime=64|\
     mongo=74|ngwee=22|nickel=3|ore=9|oyra=9|p=2|paisa=7|paise=7|para=67|pence=2|pennies=1|penny=1|\
     penny cent=0|pesewa=43|pfennig=21|pfennige=21|poisha=35|pya=53|qepik=19|qindarka=34|qindarke=34|rappen=6|\
     santeem=65|santim=5|satang=59|satoshi=32|sen=18|sene=57|seniti=60|stotinka=39|stotinki=39|tambala=23|\
     tetri=42|thebe=38|tiyin=25|tiyn=46|toea=55|tyiyn=24|¢=0|分=31|毛=30|角=30",
);

/// How currencies are spelt before a number, without blanks.
#[rustfmt::skip]
pub(super) static PREFIXES: Table = Table::new(
    "$=0|$u=103|a$=27|aed=125|afn=154|all=155|amd=157|america$=26|american$=26|ang=159|aoa=156|ar$=96|ars=96|\
     au$=27|aud=27|aud$=27|aus$=27|aussie$=27|australia$=27|australian$=27|awg=158|azn=141|b$=33|bahamas$=33|\
     bahamia$=33|bahamian$=33|bam=163|barbadian$=34|barbados$=34|bbd=34|bd$=36|bds$=34|bdt=160|bef=87|\
     belize$=35|bermuda$=36|bermudian$=36|bgn=166|bhd=112|bif=82|bmd=36|bn$=37|bnd=37|bob=162|\
     britishvirginisland$=56|britishvirginislands$=56|brl=165|brunei$=37|bsd=33|btc=152|btn=161|bvi$=56|\
     bwp=164|byn=128|byr=129|bz$=35|bzd=35|c$=28|ca$=28|cad=28|cad$=28|can$=28|canada$=28|canadian$=28|\
     cayman$=38|caymanisland$=38|caymanislands$=38|cdf=81|cdn=28|cdn$=28|cfa=77|chf=76|ci$=38|clp=97|clp$=97|\
     cny=151|cn¥=151|col$=98|cookisland$=50|cookislands$=50|cop=98|crc=149|cuc=101|cup=100|cve=168|cyp=71|\
     czk=109|d=213|dem=216|dh=9|dhs=9|djf=83|dkk=104|dop=102|dzd=117|eastcaribbean$=39|easterncaribbean$=39|\
     ec$=39|eek=217|egp=59|ern=170|etb=171|eur=2|e£=59|fcfa=78|fiji$=40|fijian$=40|fim=215|fj$=40|fjd=40|\
     fkp=64|fr=3|fr.=3|frf=86|g$=41|gbp=58|gb£=58|gel=173|ggp=66|ghs=174|gh₵=174|gip=65|gmd=172|gnf=84|\
     gtq=175|guyana$=41|guyanaese$=41|guyanese$=41|gy$=41|gyd=41|hk$=29|hkd=29|hkd$=29|hnl=177|hongkong$=29|\
     hrk=169|htg=176|huf=178|idr=179|iep=70|ils=180|inr=89|iqd=114|irr=120|isk=107|itl=137|j$=42|ja$=42|\
     jamaica$=42|jamaican$=42|jd=113|jep=67|jmd=42|jod=113|jpy=14|jp¥=14|kc=109|kd=111|kes=131|kgs=147|\
     khr=167|kiribati$=43|kiwi$=31|kmf=80|kpw=140|kr=6|kr.=6|krw=139|ksh=131|kwd=111|kyd=38|kzt=181|l$=44|\
     lak=182|lbp=60|le=59|liberia$=44|liberian$=44|lkr=92|ll=60|lrd=44|lsl=185|ltl=184|luf=88|lvl=183|lyd=115|\
     mad=126|mdl=144|mex$=95|mga=188|micronesia$=55|micronesian$=55|mkd=187|mmk=194|mnt=192|mop=186|mop$=186|\
     mru=191|mtl=138|mur=93|mvr=190|mwk=146|mx$=95|mxn=95|myr=189|mzn=193|n$=45|nad=45|namibia$=45|\
     namibian$=45|nauru$=51|nauruan$=51|newtaiwan$=32|newzealand$=31|ngn=196|nio=195|nis=180|niue$=52|nok=105|npr=91|\
     nt$=32|ntd=32|nz$=31|nzd=31|nzd$=31|omr=121|pab=197|palau$=53|palauan$=53|pen=200|pgk=198|php=99|\
     pitcairn$=54|pitcairnisland$=54|pitcairnislands$=54|pkr=90|pln=201|prb=130|pyg=199|qar=124|qr=124|r$=165|\
     rd$=102|rm=189|rmb=151|rmb¥=151|ron=143|rp=179|rs=4|rs.=4|rsd=118|rub=127|rwf=85|s$=30|s/=200|sar=123|\
     sbd=46|scr=94|sdg=62|sek=106|sfr=76|sfr.=76|sg$=30|sgd=30|sgd$=30|shp=69|si$=46|singapor$=30|\
     singapore$=30|singaporean$=30|sit=218|skk=110|sle=204|solomonisland$=46|solomonislands$=46|sos=134|\
     srd=47|ssp=63|stg=58|stn=203|surinam$=47|suriname$=47|surinamese$=47|svc=150|syp=61|szl=206|t$=209|\
     taiwan$=32|taiwanese$=32|thb=208|tjs=207|tl=136|tmt=142|tnd=116|top=209|trinidad$=48|\
     trinidadandtobago$=48|trinidadian$=48|try=136|tsh=132|tt$=48|ttd=48|tuvalu$=49|tuvaluan$=49|tw$=32|\
     twd=32|tzs=132|u.s$=26|u.s.$=26|uah=210|ugx=133|uk£=58|unitedstates$=26|us$=26|usd=26|usd$=26|ush=133|\
     uyu=103|uzs=148|ves=212|virginisland$=56|virginislands$=56|vnd=213|vuv=211|ws$=202|wst=202|xaf=78|\
     xbt=152|xcd=39|xof=77|xpf=79|yer=122|yun=119|z$=57|zar=205|zealand$=31|zimbabwe$=57|zimbabwean$=57|\
     zl=201|zmw=145|zwl=57|£=1|¥=14|ƒ=158|ден=187|лв=166|֏=157|؋=154|৳=160|ரூ=92|රු=92|฿=208|៛=167|₡=149|₣=86|\
     ₤=137|₦=196|₩=13|₪=180|₫=213|€=2|₭=182|₮=192|₱=99|₲=199|₴=210|₵=174|₸=181|₹=89|₺=136|₼=141|₽=127|₾=173|\
     ₿=152|円=14|﷼=8|￡=1|￥=151",
);

/// Codes and names that are English words or names too: they count only in capitals, or with their country.
#[rustfmt::skip]
pub(super) static EVERYDAY_WORDS: Table = Table::new(
    "all|ang|bam|bob|cop|cup|dem|ern|eth|ether|fr|gel|gip|kid|lak|le|ll|mad|mop|mur|nad|pab|pen|rm|ron|sar|sit|\
     som|sos|top|try",
);

/// Currencies' names that are things, weights and other words as well: `a pound of butter`, `a crown`, `the mark`.
pub(super) static COMMON_NOUNS: Table = Table::new(
    "bitcoin|colon|crown|crowns|ether|franc|grand|lira|mark|marks|para|pavo|pavos|pound|pounds|pula|quid|rand|real|som|sterling|\
     yen",
);
