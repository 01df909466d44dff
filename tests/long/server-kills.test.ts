import { describeServerKills } from '../faults/server-kills.ts'

describeServerKills(['before anyone answered', 'while one contribution is durable', 'right after the last contribution'])
