import { describeServerKills } from './server-kills.ts'

// Other moments are in tests/long; real tabs see more of them (tests/browser and tests/endurance).
describeServerKills(['while one contribution is only in memory', 'while two are durable and a third is half sent'])
