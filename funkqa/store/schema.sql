-- Result file, version 1. Numbers that name a row of another table count from 0 in the order of the run.

CREATE TABLE run (
  id INTEGER PRIMARY KEY,         -- always 0: a file holds one run
  recipe TEXT NOT NULL,           -- name of the recipe
  recipe_text TEXT NOT NULL,      -- the recipe as written
  summary TEXT NOT NULL,          -- its summary, one line
  measure TEXT NOT NULL,          -- what it is measured against, JSON; ratios are strings such as 3/5
  environment TEXT NOT NULL,      -- facts of the host, a JSON object of strings
  funkqa_version TEXT NOT NULL,   -- version of the funkqa that wrote the file
  started REAL NOT NULL,          -- seconds since the epoch
  complete INTEGER NOT NULL       -- 1 once the last step is over, else 0
) STRICT;

CREATE TABLE packages (
  id INTEGER PRIMARY KEY,         -- order
  nevra TEXT NOT NULL,            -- name-epoch:version-release.arch, epoch 0 left out
  name TEXT NOT NULL,             -- package name
  source_rpm TEXT NOT NULL,       -- file name of the source RPM it was built from
  measured INTEGER NOT NULL       -- 1 if its images are in the plan, 0 if it was only required
) STRICT;

CREATE TABLE images (
  id INTEGER PRIMARY KEY,         -- the number of the image
  package TEXT NOT NULL,          -- name of the package that owns it
  arch TEXT NOT NULL,             -- architecture of that package
  path TEXT NOT NULL,             -- absolute path in the root of the package
  links TEXT NOT NULL,            -- its hard links, a JSON list of paths
  role TEXT NOT NULL,             -- program, library, plugin, helper
  soname TEXT NOT NULL,           -- DT_SONAME, empty if it has none
  build_id TEXT NOT NULL,         -- NT_GNU_BUILD_ID in lower-case hex
  debug TEXT NOT NULL,            -- where its symbols come from: merged, want-supplementary, own-symtab, ...
  debug_package TEXT NOT NULL,    -- package of the debug file, empty if there is none
  functions INTEGER NOT NULL,     -- number of functions in its inventory
  inventory_sha256 TEXT NOT NULL  -- over names, unit, ordinal, vaddr, size and standing of each function
) STRICT;

CREATE TABLE texts (
  id INTEGER PRIMARY KEY,         -- the number of the text
  text TEXT NOT NULL              -- path of a source file, used by many functions
) STRICT;

CREATE TABLE functions (
  image INTEGER NOT NULL,         -- images.id
  function INTEGER NOT NULL,      -- its number in the inventory of the image, and its bit in a bitmap
  vaddr INTEGER NOT NULL,         -- virtual address as in the ELF file, 64 bits in two's complement
  offset INTEGER NOT NULL,        -- where its entry lies in the file, bytes, two's complement
  size INTEGER NOT NULL,          -- bytes, two's complement
  name TEXT NOT NULL,             -- its best linkage name without clone suffix
  aliases TEXT,                   -- its other linkage names, a JSON list; null if there are none
  symbol TEXT,                    -- name in the symbol table; null if the same as name
  demangled TEXT,                 -- demangled name; null if the same as name
  local INTEGER NOT NULL,         -- 1 for a symbol that only its compilation unit sees, else 0
  unit INTEGER NOT NULL,          -- texts.id: source file of the compilation unit
  file INTEGER NOT NULL,          -- texts.id: source file of the declaration
  line INTEGER NOT NULL,          -- line of the declaration, 0 if unknown
  ordinal INTEGER NOT NULL,       -- tells apart local functions that agree in all else
  standing TEXT NOT NULL,         -- as planned: probed, skipped, glue, excluded
  reason TEXT,                    -- why it was planned as skipped, in one word; else null
  PRIMARY KEY (image, function)
) STRICT, WITHOUT ROWID;

CREATE TABLE inlined (
  image INTEGER NOT NULL,         -- images.id
  number INTEGER NOT NULL,        -- order within the image
  name TEXT NOT NULL,             -- linkage name, or the name in the source, of a function without code of its own
  demangled TEXT,                 -- demangled name; null if the same as name
  unit INTEGER NOT NULL,          -- texts.id: source file of the compilation unit
  file INTEGER NOT NULL,          -- texts.id: source file of the declaration
  line INTEGER NOT NULL,          -- line of the declaration, 0 if unknown
  PRIMARY KEY (image, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE skips (
  image INTEGER NOT NULL,         -- images.id
  function INTEGER NOT NULL,      -- functions.function: planned as probed, skipped during the run
  reason TEXT NOT NULL,           -- why, in one word
  PRIMARY KEY (image, function)
) STRICT, WITHOUT ROWID;

CREATE TABLE unmeasured (
  id INTEGER PRIMARY KEY,         -- order
  package TEXT NOT NULL,          -- name of the package
  path TEXT NOT NULL,             -- path of an ELF file that has no place in the plan
  reason TEXT NOT NULL            -- why
) STRICT;

CREATE TABLE steps (
  id INTEGER PRIMARY KEY,         -- the number of the step
  name TEXT NOT NULL,             -- its name
  phase TEXT NOT NULL,            -- prepare, execute, finish
  script TEXT NOT NULL,           -- what bash ran
  result TEXT NOT NULL,           -- what its outcome means: respect, xfail, info
  outcome TEXT NOT NULL,          -- passed, failed, timeout, skipped, xfail, xpass, info
  reason TEXT NOT NULL,           -- why this outcome
  exit_code INTEGER,              -- exit status; null if a signal ended it or it never ran
  signal INTEGER,                 -- number of the signal that ended it, else null
  started REAL NOT NULL,          -- seconds since the epoch
  duration_s REAL NOT NULL,       -- seconds
  output BLOB NOT NULL,           -- stdout and stderr as far as kept, a zlib stream
  output_bytes INTEGER NOT NULL   -- full length of the output in bytes
) STRICT;

CREATE TABLE hits (
  image INTEGER NOT NULL,         -- images.id
  step INTEGER NOT NULL,          -- steps.id
  bitmap BLOB NOT NULL,           -- bit i, little-endian: the step entered function i; zero bytes at the end cut
  PRIMARY KEY (image, step)
) STRICT;

CREATE TABLE executions (
  id INTEGER PRIMARY KEY,         -- order
  step INTEGER,                   -- steps.id of the step during which it began; null between steps
  pid INTEGER NOT NULL,           -- process ID
  parent INTEGER NOT NULL,        -- process ID of the parent
  user INTEGER NOT NULL,          -- effective user ID
  started REAL NOT NULL,          -- seconds since the epoch
  path TEXT NOT NULL,             -- program
  arguments TEXT NOT NULL,        -- a JSON list that begins with argv[0]; empty if they weren't wanted
  package TEXT NOT NULL,          -- name of the package that owns the program, empty if none does
  measured INTEGER NOT NULL       -- 1 if the program is an image of the plan, else 0
) STRICT;

CREATE TABLE sources (
  source_rpm TEXT NOT NULL,       -- packages.source_rpm
  file TEXT NOT NULL,             -- path as in functions.file
  text BLOB NOT NULL,             -- its text in UTF-8, a zlib stream
  text_bytes INTEGER NOT NULL,    -- length of the text in bytes
  PRIMARY KEY (source_rpm, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics (
  id INTEGER PRIMARY KEY,         -- order
  name TEXT NOT NULL,             -- what was counted or timed; a name that ends in _s is in seconds
  value REAL NOT NULL             -- the figure
) STRICT;

CREATE TABLE faults (
  id INTEGER PRIMARY KEY,         -- order
  message TEXT NOT NULL           -- what went wrong with the measuring itself
) STRICT;

CREATE TABLE shards (
  id INTEGER PRIMARY KEY,         -- order; the table is empty unless this is a merged result
  name TEXT NOT NULL,             -- result file of a run that was merged, as it was named
  digest TEXT NOT NULL,           -- SHA-256 of what the run measured, hex; empty if there is no measurement
  state TEXT NOT NULL,            -- complete, incomplete, missing, unreadable, crashed, timed-out
  reason TEXT NOT NULL,           -- why it isn't complete, else empty
  started REAL NOT NULL,          -- seconds since the epoch
  covered INTEGER NOT NULL,       -- number of functions that the run covers
  funkqa_version TEXT NOT NULL,   -- version of the funkqa that measured
  environment TEXT NOT NULL,      -- facts of the host, a JSON object of strings
  statistics TEXT NOT NULL,       -- what the tracing cost, a JSON object of numbers
  faults TEXT NOT NULL            -- what went wrong with the measuring itself, a JSON list of strings
) STRICT;
