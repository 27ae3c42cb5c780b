-- One conclusion for two children is a forgery or a mistake: the doctor is told, so it has to be found.
create index files_sha256 on files (sha256);
