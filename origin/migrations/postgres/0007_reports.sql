-- What the turns of a day came to, by game and version: counts only, so they outlive the conversations.
CREATE TABLE report_days (
    tenant       text COLLATE "C" NOT NULL,
    game         text COLLATE "C" NOT NULL,
    day          bigint           NOT NULL, -- since 1970, UTC
    game_version text COLLATE "C" NOT NULL,
    tally        text             NOT NULL,
    PRIMARY KEY (tenant, game, day, game_version)
);

-- The day up to which a game's days are summed up, that day not included.
CREATE TABLE report_games (
    tenant text COLLATE "C" NOT NULL,
    game   text COLLATE "C" NOT NULL,
    closed bigint           NOT NULL,
    PRIMARY KEY (tenant, game)
);
