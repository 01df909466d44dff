import { render } from 'preact'
import { App } from './app.tsx'
import { openDashboard } from './dashboard.ts'

render(<App />, document.body)
void openDashboard()
