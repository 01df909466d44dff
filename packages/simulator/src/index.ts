export { createMemoryBlobStore, createMemoryEventStore } from './memory-stores.ts'
export { createQuadraticProcedures } from './quadratic-procedures.ts'
export { createSimulation, type Simulation, type SimulationOptions } from './simulation.ts'
export { createVirtualWorld, type VirtualWorld } from './virtual-world.ts'
