/** The parts with charts, in a file of their own that is loaded once somebody has signed in and looks at a federation. */
export { ClustersPanel } from './clusters-panel.tsx'
export { LearningPanel } from './learning-panel.tsx'
export { LivePanel } from './live-panel.tsx'
export { PrivacyPanel } from './privacy-panel.tsx'
