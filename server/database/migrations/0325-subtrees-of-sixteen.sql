-- 0325 subtrees-of-sixteen: a proof reads sixteen hashes of each level where it read 256 of every other one (breaking: stop older servers first)
-- `level` counts sixteenfold: roots of subtrees of 16^level entries. What was kept stays, and levels between are made when they are asked for. In two steps: a level may not meet the next one on its way.
update subtree set level = level + 1000;
update subtree set level = (level - 1000) * 2;
