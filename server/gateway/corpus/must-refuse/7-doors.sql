-- Ways out: the door and the protocol.

-- startup/role: another role from the start
-- expect: turned away 28000
-- in: canary
\startup options=-c role={gateway}

-- startup/search-path: another search path from the start
-- expect: turned away 28000
-- in: corpus
\startup options=-c search_path=pg_temp

-- startup/preload: a library from the start
-- expect: turned away 28000
-- in: corpus
\startup options=-c session_preload_libraries=x

-- startup/authorization: somebody else from the start
-- expect: turned away 28000
-- in: corpus
\startup options=-c session_authorization={gateway}

-- startup/timeout: no timeout from the start
-- expect: turned away 28000
-- in: corpus
\startup options=-c statement_timeout=0

-- startup/parameter: a parameter that nobody knows
-- expect: turned away 28000
-- in: corpus
\startup session_authorization={gateway}

-- startup/short-option: a short option
-- expect: turned away 28000
-- in: corpus
\startup options=-P

-- startup/no-instruction: no instruction
-- expect: turned away 42501
-- in: corpus
\startup user=prover

-- startup/other-store: another database
-- expect: turned away 42501
-- in: corpus
\startup database=postgres

-- startup/wrong-token: a token that is none
-- expect: turned away 28P01
-- in: corpus
\startup password=wrong

-- protocol/function-call: a function by its number
-- expect: cut 0A000
-- in: canary
\bytes 46 0000000e 00000d6c 0000 0000 0000

-- protocol/copy-data: data of a copy that nobody began
-- expect: harmless
-- in: corpus
\bytes 64 00000008 61626364

-- protocol/unknown: a message of a kind that is none
-- expect: cut 0A000 08P01
-- in: corpus
\bytes 7a 00000004

-- protocol/negative: a length below nothing
-- expect: cut 08P01 0A000
-- in: corpus
\bytes 51 ffffffff

-- protocol/short: a length that cannot be
-- expect: cut 08P01 0A000
-- in: corpus
\bytes 51 00000003

-- protocol/huge: a statement of two gigabytes
-- expect: cut 08P01 0A000 54000
-- in: corpus
\bytes 51 7fffffff

-- protocol/password-later: a password when nobody asked
-- expect: cut 08P01 0A000
-- in: corpus
\bytes 70 00000008 61626300

-- protocol/two-at-once: the forbidden one behind another, in one packet
-- expect: refused 42501
-- in: corpus
\bytes 51 0000000d 53454c454354203100 51 00000026 53454c45435420726f6c70617373776f72642046524f4d2070675f61757468696400

-- protocol/startup-huge: a startup of two gigabytes
-- expect: turned away 08P01
-- in: corpus
\socket 7fffffff 00030000

-- protocol/startup-old: version 2
-- expect: turned away 08P01 0A000
-- in: corpus
\socket 00000008 00020000

-- protocol/startup-empty: nobody
-- expect: turned away 28000 08P01
-- in: corpus
\socket 00000009 00030000 00

-- protocol/stuffed: bytes behind an encryption request
-- expect: turned away 08P01
-- in: corpus
\socket 00000008 04d2162f 00000008

-- protocol/stuffed-gss: bytes behind the other encryption request
-- expect: turned away 08P01
-- in: corpus
\socket 00000008 04d21630 51 00000004

-- protocol/query-first: a statement before anybody is known
-- expect: turned away 08P01
-- in: corpus
\socket 51 0000000d 53454c454354203100

-- protocol/cancel: a cancel with a key that is nobody's
-- expect: turned away
-- in: corpus
\socket 00000010 04d2162e 00000001 00000001
