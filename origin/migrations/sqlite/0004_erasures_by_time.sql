-- Edges ask every minute what was erased since.
CREATE INDEX erasures_by_time ON erasures (at, id);
