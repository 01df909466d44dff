import { render } from 'preact'
import { App } from './app.tsx'
import { openInvitation } from './visit.ts'

render(<App />, document.body)
void openInvitation(location.href)
