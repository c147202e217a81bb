-- Fills an empty store with :size articles of the window, three to a story, sorted as the indexes want them.
-- Ten of an article's sixteen terms are names that its story's articles share, six are words that many hold.
-- Their entries are left out. Numbers of stories and articles count from 1; the primes only scatter: the
-- product of story and name makes that two stories share one name by chance, and never all of them.

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :size / 3 - 1)
INSERT INTO stories
    (id, title, language, first_at, last_at, changed_at, article_count, text_count, outlet_count)
SELECT n + 1, 'A title', 'en', :since + :step * n * 3, :since + :step * n * 3, 0, 3, 3, 3 FROM number;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 95)
INSERT INTO story_profiles (story_id, weights, mean_at)
SELECT stories.id, (
    SELECT json_group_object(term, weight) FROM (
        SELECT 'name' || ((stories.id * 7919 + n * 15485863 + stories.id * n * 104729) % 1000000007 % 400000) AS term, 0.61 AS weight FROM number WHERE n < 24
        UNION ALL
        SELECT 'word' || ((stories.id * 31 + n * n * 17) % 60000), 0.11 FROM number
    )
), stories.first_at FROM stories;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < :size - 1)
INSERT INTO articles
    (id, entry_id, story_id, url, url_key, title, text, outlet, language, byline, site, text_source,
     published_at, first_seen_at, stored_at, text_hash, minhash, bands, terms, word_count)
SELECT n + 1, -n, min(n / 3, :size / 3 - 1) + 1, '', randomblob(16), 'A title', hex(zeroblob(100)), 'o.example', 'en', '',
    '', 'page', :since + :step * n, :since + :step * n, :since + :step * n, randomblob(16), zeroblob(512), zeroblob(256), '{}', 600 FROM number;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 15)
INSERT OR IGNORE INTO article_terms (term, article_id, story_id)
SELECT CASE
    WHEN n < 10 THEN 'name' || (
        (story_id * 7919 + (n + id % 14) * 15485863 + story_id * (n + id % 14) * 104729) % 1000000007 % 400000
    )
    ELSE 'word' || (200 + (id * 7907 + n * 15485863) % 59800)
END AS term, id, story_id FROM articles, number ORDER BY term, id;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 31)
INSERT INTO article_bands (band, article_id) SELECT random() AS band, id FROM articles, number ORDER BY band;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 59999)
INSERT INTO term_counts (term, article_count) SELECT 'word' || n, :size / (n + 3) + 1 FROM number;

WITH RECURSIVE number(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n < 399999)
INSERT INTO term_counts (term, article_count) SELECT 'name' || n, :size * 8 / 400000 + 1 FROM number;
