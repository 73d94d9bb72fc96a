//! English, as sentences with what is found in them.

use super::check;

#[test]
#[rustfmt::skip]
fn days_are_found_by_date_weekday_holiday_and_distance() {
    check(&[
        ("this coming friday", "this coming friday|Date|2016-11-11"),
        ("the friday after next", "the friday after next|Date|2016-11-25"),
        ("a week from tuesday", "a week from tuesday|Date|2016-11-15"),
        ("two fridays from now", "two fridays from now|Date|2016-11-18"),
        ("the last friday in october", "the last friday in october|Date|2017-10-27"),
        ("first of january", "first of january|Date|2017-01-01"),
        ("january 1", "january 1|Date|2017-01-01"),
        ("jan. 5th", "jan. 5th|Date|2017-01-05"),
        ("next week monday", "next week monday|Date|2016-11-14"),
        ("the 4th of july", "the 4th of july|Date|2017-07-04"),
        ("july 4th", "july 4th|Date|2017-07-04"),
        ("thanksgiving", "thanksgiving|Date|2016-11-24"),
        ("easter monday", "easter monday|Date|2017-04-17"),
        ("day after christmas", "day after christmas|Date|2016-12-26"),
        ("two days before easter", "two days before easter|Date|2017-04-14"),
        ("independence day 2019", "independence day 2019|Date|2019-07-04"),
        ("mother's day", "mother's day|Date|2017-05-14"),
        ("7 Nov 2016", "7 Nov 2016|Date|2016-11-07"),
        ("2016-W45-3", "2016-W45-3|Date|2016-11-09"),
        ("in three business days", "in three business days|Date|2016-11-10"),
        ("5 working days ago", "5 working days ago|Date|2016-10-31"),
        ("couple of days ago", "couple of days ago|Date|2016-11-05"),
        ("two years and three months ago", "two years and three months ago|Date|2014-08-07"),
        ("in a year's time", "in a year|Date|2017-11-07"),
        ("a year ago", "a year ago|Date|2015-11-07"),
        ("march 15", "march 15|Date|2017-03-15"),
        ("on the 15th", "the 15th|Date|2016-11-15"),
        ("on 15th", "15th|Date|2016-11-15"),
        ("15th november", "15th november|Date|2016-11-15"),
        ("sunday the 13th", "sunday the 13th|Date|2016-11-13"),
        ("sun nov 13", "sun nov 13|Date|2016-11-13"),
        ("i saw the sun on monday", "monday|Date|2016-11-14"),
        ("3 days later", "3 days later|Date|2016-11-10"),
        ("the following day", "the following day|Date|2016-11-08"),
        ("the next day", "the next day|Date|2016-11-08"),
        ("3/4", "3/4|Date|2017-03-04"),
        ("1/2", "1/2|Date|2017-01-02"),
        ("on 5/6", "5/6|Date|2017-05-06"),
    ]);
}

#[test]
#[rustfmt::skip]
fn clock_times_and_moments_are_found() {
    check(&[
        ("Jan 5, 2017 at 3pm", "Jan 5, 2017 at 3pm|DateTime|2017-01-05T15:00:00"),
        ("5th of march at noon", "5th of march at noon|DateTime|2017-03-05T12:00:00"),
        ("in 2 and a half hours", "in 2 and a half hours|DateTime|2016-11-07T18:42:00"),
        ("17:00", "17:00|Time|17:00:00"),
        ("at 17", "17|Time|17:00:00"),
        ("5 o'clock in the afternoon", "5 o'clock in the afternoon|Time|17:00:00"),
        ("quarter to five pm", "quarter to five pm|Time|16:45:00"),
        ("ten past three", "ten past three|Time|15:10:00"),
        ("twenty past 4", "twenty past 4|Time|16:20:00"),
        ("5 in the morning", "5 in the morning|Time|05:00:00"),
        ("at 5 in the morning tomorrow", "5 in the morning tomorrow|DateTime|2016-11-08T05:00:00"),
        ("noon tomorrow", "noon tomorrow|DateTime|2016-11-08T12:00:00"),
        ("midnight on friday", "midnight on friday|DateTime|2016-11-11T00:00:00"),
        ("tonight at 11:30", "tonight at 11:30|DateTime|2016-11-07T23:30:00"),
        ("tomorrow evening at 8", "tomorrow evening at 8|DateTime|2016-11-08T20:00:00"),
        ("monday morning at 9", "monday morning at 9|DateTime|2016-11-14T09:00:00"),
        ("new year's eve at 10pm", "new year's eve at 10pm|DateTime|2016-12-31T22:00:00"),
        ("2016-11-07T10:30:00", "2016-11-07T10:30:00|DateTime|2016-11-07T10:30:00"),
        ("2016-11-07 10:30", "2016-11-07 10:30|DateTime|2016-11-07T10:30:00"),
        ("11/7/16 5pm", "11/7/16 5pm|DateTime|2016-11-07T17:00:00"),
        ("half past 3 pm", "half past 3 pm|Time|15:30:00"),
        ("6ish", "6ish|Time|18:00:00"),
        ("around 6ish", "6ish|Time|18:00:00"),
        ("in an hour or so", "in an hour|DateTime|2016-11-07T17:12:00"),
        ("on the 15th at 3pm", "the 15th at 3pm|DateTime|2016-11-15T15:00:00"),
        ("15 november 2017 15:30", "15 november 2017 15:30|DateTime|2017-11-15T15:30:00"),
        ("half an hour ago", "half an hour ago|DateTime|2016-11-07T15:42:00"),
        ("10 minutes later", "10 minutes later|DateTime|2016-11-07T16:22:00"),
        ("same time tomorrow", "same time tomorrow|DateTime|2016-11-08T16:12:00"),
        ("at this time tomorrow", "at this time tomorrow|DateTime|2016-11-08T16:12:00"),
        ("I'll be back at 3 to pick you up", "3|Time|15:00:00"),
        ("the meeting is at 10, room 5", "10|Time|10:00:00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn lengths_of_time_are_found() {
    check(&[
        ("2 hours and 30 minutes", "2 hours and 30 minutes|Duration|9000s"),
        ("90 minutes", "90 minutes|Duration|5400s"),
        ("1h30m", "1h30m|Duration|5400s"),
        ("2h 30min", "2h 30min|Duration|9000s"),
        ("1 hr 20 min", "1 hr 20 min|Duration|4800s"),
        ("a day and a half", "a day and a half|Duration|129600s"),
        ("3 and a half years", "3 and a half years|Duration|110376000s"),
        ("2 1/2 hours", "2 1/2 hours|Duration|9000s"),
        ("one and a half years", "one and a half years|Duration|47304000s"),
        ("all day", "all day|Duration|86400s"),
        ("whole week", "whole week|Duration|604800s"),
        ("the entire week", "entire week|Duration|604800s"),
    ]);
}

#[test]
#[rustfmt::skip]
fn spans_of_days_are_found() {
    check(&[
        ("by tomorrow", "by tomorrow|DateRange|....2016-11-08"),
        ("the week after next", "the week after next|DateRange|2016-11-21..2016-11-28"),
        ("next weekend", "next weekend|DateRange|2016-11-19..2016-11-21"),
        ("from monday to friday", "from monday to friday|DateRange|2016-11-07..2016-11-11"),
        ("monday through wednesday next week", "monday through wednesday next week|DateRange|2016-11-14..2016-11-16"),
        ("mid-january", "mid-january|DateRange|2017-01-10..2017-01-21"),
        ("early 2017", "early 2017|DateRange|2017-01-01..2017-07-01"),
        ("end of the month", "end of the month|DateRange|2016-11-16..2016-12-01"),
        ("beginning of next year", "beginning of next year|DateRange|2017-01-01..2017-07-01"),
        ("the end of 2018", "the end of 2018|DateRange|2018-07-01..2019-01-01"),
        ("late next week", "late next week|DateRange|2016-11-17..2016-11-21"),
        ("summer 2017", "summer 2017|DateRange|2017-06-01..2017-09-01"),
        ("this summer", "this summer|DateRange|2016-06-01..2016-09-01"),
        ("the first half of 2018", "the first half of 2018|DateRange|2018-01-01..2018-07-01"),
        ("H1 2018", "H1 2018|DateRange|2018-01-01..2018-07-01"),
        ("the 90s", "the 90s|DateRange|1990-01-01..2000-01-01"),
        ("last century", "last century|DateRange|1900-01-01..2000-01-01"),
        ("for the past 3 years", "past 3 years|DateRange|2013-11-07..2016-11-07"),
        ("over the next 2 weeks", "next 2 weeks|DateRange|2016-11-08..2016-11-22"),
        ("memorial day weekend", "memorial day weekend|DateRange|2017-05-27..2017-05-30"),
        ("nov 2016", "nov 2016|DateRange|2016-11-01..2016-12-01"),
        ("11/2016", "11/2016|DateRange|2016-11-01..2016-12-01"),
        ("week 45", "week 45|DateRange|2016-11-07..2016-11-14"),
        ("2016-W45", "2016-W45|DateRange|2016-11-07..2016-11-14"),
        ("q4", "q4|DateRange|2016-10-01..2017-01-01"),
        ("fourth quarter", "fourth quarter|DateRange|2016-10-01..2017-01-01"),
        ("last quarter of 2017", "last quarter of 2017|DateRange|2017-10-01..2018-01-01"),
        ("year to date", "year to date|DateRange|2016-01-01..2016-11-07"),
        ("month to date", "month to date|DateRange|2016-11-01..2016-11-07"),
        ("rest of the week", "rest of the week|DateRange|2016-11-07..2016-11-14"),
        ("in the next few days", "next few days|DateRange|2016-11-08..2016-11-11"),
        ("the past couple of weeks", "past couple of weeks|DateRange|2016-10-24..2016-11-07"),
        ("last year", "last year|DateRange|2015-01-01..2016-01-01"),
        ("the year 2000", "year 2000|DateRange|2000-01-01..2001-01-01"),
        ("nineteen eighty four", "nineteen eighty four|DateRange|1984-01-01..1985-01-01"),
        ("twenty twenty one", "twenty twenty one|DateRange|2021-01-01..2022-01-01"),
        ("two thousand eight", "two thousand eight|DateRange|2008-01-01..2009-01-01"),
        ("march 1st through march 5th", "march 1st through march 5th|DateRange|2017-03-01..2017-03-05"),
        ("march 1-5", "march 1-5|DateRange|2017-03-01..2017-03-05"),
        ("1-5 march 2017", "1-5 march 2017|DateRange|2017-03-01..2017-03-05"),
        ("from the 1st to the 5th of march", "from the 1st to the 5th of march|DateRange|2017-03-01..2017-03-05"),
        ("between march and may", "between march and may|DateRange|2017-03-01..2017-05-01"),
        ("between march 3rd and may 7th 2017", "between march 3rd and may 7th 2017|DateRange|2017-03-03..2017-05-07"),
        ("since march", "since march|DateRange|2016-03-01...."),
        ("until friday", "until friday|DateRange|....2016-11-11"),
        ("previous month", "previous month|DateRange|2016-10-01..2016-11-01"),
        ("over the weekend", "the weekend|DateRange|2016-11-12..2016-11-14"),
        ("last decade", "last decade|DateRange|2000-01-01..2010-01-01"),
        ("next two decades", "next two decades|DateRange|2020-01-01..2040-01-01"),
        ("in the 1990's", "the 1990's|DateRange|1990-01-01..2000-01-01"),
        ("1990-2000", "1990-2000|DateRange|1990-01-01..2000-01-01"),
    ]);
}

#[test]
#[rustfmt::skip]
fn spans_of_hours_are_found() {
    check(&[
        ("before 5pm", "before 5pm|TimeRange|....17:00:00"),
        ("after lunch", "after lunch|TimeRange|13:00:00...."),
        ("let's meet at lunch", "at lunch|TimeRange|11:00:00..13:00:00"),
        ("early in the morning on friday", "early in the morning on friday|DateTimeRange|2016-11-11T08:00:00..2016-11-11T10:00:00"),
        ("late afternoon tomorrow", "late afternoon tomorrow|DateTimeRange|2016-11-08T14:00:00..2016-11-08T16:00:00"),
        ("3pm to 5pm tomorrow", "3pm to 5pm tomorrow|DateTimeRange|2016-11-08T15:00:00..2016-11-08T17:00:00"),
        ("tomorrow 3-5pm", "tomorrow 3-5pm|DateTimeRange|2016-11-08T15:00:00..2016-11-08T17:00:00"),
        ("tuesday between 3 and 5", "tuesday between 3 and 5|DateTimeRange|2016-11-08T15:00:00..2016-11-08T17:00:00"),
        ("in the last 24 hours", "last 24 hours|DateTimeRange|2016-11-06T16:12:00..2016-11-07T16:12:00"),
        ("5:30 to 6:45", "5:30 to 6:45|TimeRange|17:30:00..18:45:00"),
        ("tomorrow night", "tomorrow night|DateTimeRange|2016-11-08T20:00:00..2016-11-08T23:59:59"),
        ("yesterday afternoon", "yesterday afternoon|DateTimeRange|2016-11-06T12:00:00..2016-11-06T16:00:00"),
        ("this friday afternoon", "this friday afternoon|DateTimeRange|2016-11-11T12:00:00..2016-11-11T16:00:00"),
        ("on the morning of may 5th", "morning of may 5th|DateTimeRange|2017-05-05T08:00:00..2017-05-05T12:00:00"),
        ("rest of the day", "rest of the day|DateTimeRange|2016-11-07T16:12:00..2016-11-07T23:59:59"),
        ("later today", "later today|DateTimeRange|2016-11-07T12:00:00..2016-11-07T23:59:59"),
        ("earlier today", "earlier today|DateTimeRange|2016-11-07T00:00:00..2016-11-07T12:00:00"),
        ("later this evening", "later this evening|DateTimeRange|2016-11-07T18:00:00..2016-11-07T20:00:00"),
        ("within the next 2 hours", "within the next 2 hours|DateTimeRange|2016-11-07T16:12:00..2016-11-07T18:12:00"),
        ("9am-5pm", "9am-5pm|TimeRange|09:00:00..17:00:00"),
        ("from 9 to 5 on monday", "from 9 to 5 on monday|DateTimeRange|2016-11-14T09:00:00..2016-11-14T17:00:00"),
        ("from 10am tomorrow to 3pm on friday", "from 10am tomorrow to 3pm on friday|DateTimeRange|2016-11-08T10:00:00..2016-11-11T15:00:00"),
        ("from now until 5pm", "from now until 5pm|DateTimeRange|2016-11-07T16:12:00..2016-11-07T17:00:00"),
        ("now to 6pm", "now to 6pm|DateTimeRange|2016-11-07T16:12:00..2016-11-07T18:00:00"),
    ]);
}

#[test]
#[rustfmt::skip]
fn odd_forms_that_were_once_missed_are_found() {
    check(&[
        ("I'll go back second of Aug.", "second of Aug|Date|2017-08-02"),
        ("sometime this Friday-Nov-11 with Jim", "this Friday-Nov-11|Date|2016-11-11"),
        ("between 0730-0930", "between 0730-0930|TimeRange|07:30:00..09:30:00"),
        ("in two weeks since the year 2011", "in two weeks since the year 2011|Date|2011-01-15"),
        ("coffee in building 4 this afternoon", "this afternoon|DateTimeRange|2016-11-07T12:00:00..2016-11-07T16:00:00"),
        ("on tuesday of next week", "on tuesday of next week|Date|2016-11-15"),
        ("2019-aug-1", "2019-aug-1|Date|2019-08-01"),
        ("a day starting this Friday at 5 pm", "a day starting this Friday at 5 pm|DateTimeRange|2016-11-11T17:00:00..2016-11-12T17:00:00"),
        ("from March to date", "from March to date|DateRange|2016-03-01..2016-11-07"),
        ("end of month", "end of month|DateRange|2016-11-16..2016-12-01"),
        ("as soon as possible", "as soon as possible|DateTime|2016-11-07T16:12:00"),
        ("mid-week", "mid-week|DateRange|2016-11-08..2016-11-12"),
        ("at 6.45 percent", ""),
        ("2015 - 32", ""),
    ]);
}
