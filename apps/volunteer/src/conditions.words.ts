import { inLanguages } from '@shoal/ui'

export const conditionsWords = inLanguages({
  en: {
    title: 'When this device takes part',
    intro: 'Kept in this browser and never sent. The others only see whether this device can take part now.',
    onlyWhenCharging: 'Only while it is charging',
    noBattery: 'This browser does not tell pages about the battery, so the page can not do this for you. Use “Pause” above when you unplug.',
    onlyWhenIdle: 'Only while I am not using this device',
    idleOff: 'Training then stops as soon as you are back.',
    idleByDevice: 'Your browser tells this page when nobody has used the device for a minute, or when it is locked.',
    idleByPage:
      'Your browser does not tell this page about the whole device. It goes by this page alone: two minutes without pointer or keys here count as not in use.',
    share: 'How much of the time it computes',
    shareValue: (percent: number): string => `${percent} %`,
    fullSpeed: 'It computes without rests while it trains.',
    slower: (percent: number, times: string): string => `It rests between steps. At ${percent} % your part of a round takes about ${times} times as long.`,
    slowerBy: (percent: number, full: string, slowed: string): string =>
      `It rests between steps. Your part of a round is about ${full} of computing: at ${percent} % it takes about ${slowed}.`,
    late: 'A part that comes after the deadline of its round does not count.',
    keepsScreenOn: 'Keep the screen on while it trains',
    noWakeLock: 'Not possible here: the browser has no such thing, or this page did not come over a secure connection.',
    screenHint: 'Phones stop a page soon after the screen goes dark. This costs battery.',
  },
  de: {
    title: 'Wann dieses Gerät mitmacht',
    intro: 'Bleibt in diesem Browser und wird nie gesendet. Die anderen sehen nur, ob dieses Gerät gerade mitmachen kann.',
    onlyWhenCharging: 'Nur während es lädt',
    noBattery:
      'Dieser Browser sagt Seiten nichts über den Akku, die Seite kann Ihnen das also nicht abnehmen. Nutzen Sie oben „Pause“, wenn Sie das Netzteil abziehen.',
    onlyWhenIdle: 'Nur während ich dieses Gerät nicht benutze',
    idleOff: 'Das Training hält dann an, sobald Sie zurück sind.',
    idleByDevice: 'Ihr Browser sagt dieser Seite, wenn das Gerät eine Minute lang nicht benutzt wurde oder gesperrt ist.',
    idleByPage:
      'Ihr Browser sagt dieser Seite nichts über das ganze Gerät. Sie richtet sich nur nach sich selbst: Zwei Minuten ohne Zeiger und Tasten auf dieser Seite gelten als unbenutzt.',
    share: 'Wie viel der Zeit es rechnet',
    shareValue: (percent: number): string => `${percent} %`,
    fullSpeed: 'Es rechnet beim Training ohne Pausen.',
    slower: (percent: number, times: string): string =>
      `Es ruht zwischen den Schritten. Bei ${percent} % dauert Ihr Teil einer Runde etwa ${times}-mal so lang.`,
    slowerBy: (percent: number, full: string, slowed: string): string =>
      `Es ruht zwischen den Schritten. Ihr Teil einer Runde braucht etwa ${full} Rechenzeit: Bei ${percent} % dauert er etwa ${slowed}.`,
    late: 'Ein Teil, der nach Ablauf seiner Runde kommt, zählt nicht.',
    keepsScreenOn: 'Bildschirm beim Training anlassen',
    noWakeLock: 'Hier nicht möglich: Der Browser kann es nicht, oder diese Seite kam nicht über eine sichere Verbindung.',
    screenHint: 'Handys halten eine Seite an, kurz nachdem der Bildschirm dunkel wird. Das kostet Akku.',
  },
})
