import { testSchedules } from './drawn-schedules.ts'

testSchedules(1)
