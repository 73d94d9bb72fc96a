-- What the turns of a day came to, by game and version: counts only, so they outlive the conversations.
CREATE TABLE report_days (
    tenant       TEXT    NOT NULL,
    game         TEXT    NOT NULL,
    day          INTEGER NOT NULL, -- since 1970, UTC
    game_version TEXT    NOT NULL,
    tally        TEXT    NOT NULL,
    PRIMARY KEY (tenant, game, day, game_version)
) STRICT, WITHOUT ROWID;

-- The day up to which a game's days are summed up, that day not included.
CREATE TABLE report_games (
    tenant TEXT    NOT NULL,
    game   TEXT    NOT NULL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (tenant, game)
) STRICT, WITHOUT ROWID;
