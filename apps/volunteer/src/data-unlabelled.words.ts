import { inLanguages } from '@shoal/ui'

/** Pictures that nobody has named. */
export const unlabelledWords = inLanguages({
  en: {
    what: 'For pictures that nobody has named. Nothing is learnt from them and nothing about them is sent: this device finds the group whose pictures look like yours, and you get its model.',
    zone: 'Drop pictures without labels here',
    drop: 'Drop pictures or a folder here, or choose them:',
    hint: (megabytes: string, most: string) =>
      `At most ${most} pictures, each up to ${megabytes}, or an idx file. Where all lie in folders with the classes’ names, or a file of labels comes along, these labels only tell you afterwards how many answers are right.`,
    whyNot: 'Pictures without labels are of no use here: this training does not find groups by the look of pictures alone.',
    chosen: 'without labels.',
    key: 'Their labels are known to this device, and only tell you afterwards how many answers are right.',
    firstPictures: 'The first pictures',
  },
  de: {
    what: 'Für Bilder, die niemand benannt hat. Aus ihnen wird nichts gelernt und nichts über sie gesendet: Dieses Gerät findet die Gruppe, deren Bilder ähnlich aussehen, und Sie bekommen deren Modell.',
    zone: 'Bilder ohne Beschriftung hier ablegen',
    drop: 'Bilder oder einen Ordner hier ablegen, oder auswählen:',
    hint: (megabytes: string, most: string) =>
      `Höchstens ${most} Bilder, jedes bis ${megabytes}, oder eine idx-Datei. Liegen alle in Ordnern mit den Namen der Klassen, oder kommt eine Datei mit den Klassen dazu, so zeigen diese nur hinterher, wie viele Antworten stimmen.`,
    whyNot: 'Bilder ohne Beschriftung nützen hier nichts: Dieses Training findet Gruppen nicht allein am Aussehen von Bildern.',
    chosen: 'ohne Beschriftung.',
    key: 'Was sie zeigen, weiß dieses Gerät; es dient nur dazu, hinterher zu sagen, wie viele Antworten stimmen.',
    firstPictures: 'Die ersten Bilder',
  },
})
