-- Which try of a turn acts, and until when: another try of the same turn waits for it. NULL: an edge, or an origin, of before.
ALTER TABLE claims ADD COLUMN attempt TEXT;
ALTER TABLE claims ADD COLUMN acts_until INTEGER;
