import { inLanguages } from '@shoal/ui'

export interface ShortcomingWords {
  readonly plainHttp: string
  readonly slowEncryption: string
  readonly noGraphics: string
  readonly screenSleeps: string
  readonly blindToTabs: string
  readonly forgets: string
}

export const shortcomingWords = inLanguages<ShortcomingWords>({
  en: {
    plainHttp:
      'This page came over plain http. Anyone on the network between you and the server can see that you take part, and could change the page on its way.',
    slowEncryption: "The browser's own encryption is off here; your results are encrypted by a library inside this page instead, which is slower.",
    noGraphics: 'WebGPU is off here; the model trains with WebGL or WebAssembly.',
    screenSleeps: 'The page can not keep the screen on here: a phone that goes to sleep stops training until it wakes.',
    blindToTabs: 'This browser can not see your other tabs here: if you open the invitation twice, the newer tab goes on and the older one stops.',
    forgets: 'This browser keeps nothing for this page: when you close or reload it, you come back as a new volunteer.',
  },
  de: {
    plainHttp:
      'Diese Seite kam über einfaches http. Jeder im Netzwerk zwischen Ihnen und dem Server kann sehen, dass Sie teilnehmen, und könnte die Seite unterwegs verändern.',
    slowEncryption:
      'Die Verschlüsselung des Browsers ist hier abgeschaltet; Ihre Ergebnisse verschlüsselt stattdessen eine Programmbibliothek in dieser Seite, was langsamer ist.',
    noGraphics: 'WebGPU ist hier abgeschaltet; das Modell trainiert mit WebGL oder WebAssembly.',
    screenSleeps: 'Die Seite kann den Bildschirm hier nicht wach halten: Ein Telefon, das einschläft, trainiert erst weiter, wenn es aufwacht.',
    blindToTabs:
      'Dieser Browser sieht hier Ihre anderen Tabs nicht: Wenn Sie die Einladung zweimal öffnen, macht der neuere Tab weiter, und der ältere hält an.',
    forgets: 'Dieser Browser behält nichts für diese Seite: Wenn Sie sie schließen oder neu laden, kommen Sie als neuer Freiwilliger zurück.',
  },
})
