"""The tables of words, which each database spells in its own way.

In: nothing. Out: statements that make them, for `tables` and for the migration. Trap: SQLite makes five tables of
its own for the first; nobody else may write to them.
"""

SQLITE = (
    (
        "CREATE VIRTUAL TABLE article_words USING fts5(title, body, content='', contentless_delete=1, "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'\")"
    ),
    (
        "CREATE TABLE article_vocabulary (term TEXT NOT NULL, CONSTRAINT pk_article_vocabulary PRIMARY KEY (term)) "
        "WITHOUT ROWID"
    ),
)
POSTGRESQL = (
    (
        "CREATE TABLE article_words (article_id BIGINT NOT NULL, words TSVECTOR NOT NULL, "
        "CONSTRAINT pk_article_words PRIMARY KEY (article_id), "
        "CONSTRAINT fk_article_words_article_id FOREIGN KEY(article_id) REFERENCES articles (id))"
    ),
    "CREATE INDEX ix_article_words ON article_words USING gin (words)",
    (
        'CREATE TABLE article_vocabulary (term TEXT COLLATE "C" NOT NULL, '
        "CONSTRAINT pk_article_vocabulary PRIMARY KEY (term))"
    ),
)
