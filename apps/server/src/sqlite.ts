import { createRequire } from 'node:module'
import type SqliteDatabase from 'better-sqlite3'

/**
 * better-sqlite3 for the Node that runs. Version 13 speaks Node-API and brings its binaries along, but ends Node 20 with a segmentation fault; version 12 is compiled
 * against Node's own headers and ends Node 24.19 and later when a statement is collected. What both offer is the same.
 */
const FIRST_NODE_FOR_NODE_API = 22
const name = Number(process.versions.node.split('.')[0]) >= FIRST_NODE_FOR_NODE_API ? 'better-sqlite3-node-api' : 'better-sqlite3'

export const Sqlite = createRequire(import.meta.url)(name) as typeof SqliteDatabase
