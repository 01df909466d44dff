import { inLanguages } from '@shoal/ui'

/** What a volunteer without labels gets. Shares and counts are words already. */
export const guestWords = inLanguages({
  en: {
    title: 'What your pictures are like',
    looking: 'As soon as there are groups, this device compares the look of your pictures with each of them. Nothing about your pictures is sent.',
    oneGroup: 'There is one group only: the model of all is yours as well.',
    found: (group: number, of: number): string => `By their look alone, your pictures are like those of group ${group} of ${of}, and its model serves you.`,
    alone: 'This device found that out by itself: it fetched the models and sent nothing about your pictures.',
    tied: 'This is not sure: groups of pictures that look alike but have other names can not be told apart without labels. Of those, the largest group’s model serves you.',
    sure: 'No other group looks as much like them.',
    none: 'None of the groups is like your pictures. The general model serves you.',
    general: 'General model',
    own: 'Your group’s model',
    right: 'Right answers',
    changed: (count: string, total: string): string => `Your group’s model gives another answer than the general one for ${count} of your ${total} pictures.`,
    note: 'Counted on this device with the labels that it has. They were used for nothing else.',
    pictures: 'The first of your pictures, and what the models take them for',
    picture: 'Picture',
    truth: 'Label',
    show: (answer: string): string => `Picture taken for ${answer}`,
  },
  de: {
    title: 'Wem Ihre Bilder gleichen',
    looking: 'Sobald es Gruppen gibt, vergleicht dieses Gerät das Aussehen Ihrer Bilder mit jeder von ihnen. Über Ihre Bilder wird nichts gesendet.',
    oneGroup: 'Es gibt nur eine Gruppe: Das Modell aller ist auch Ihres.',
    found: (group: number, of: number): string =>
      `Allein nach ihrem Aussehen gleichen Ihre Bilder denen der Gruppe ${group} von ${of}, und Sie bekommen deren Modell.`,
    alone: 'Das hat dieses Gerät selbst herausgefunden: Es hat die Modelle geholt und über Ihre Bilder nichts gesendet.',
    tied: 'Sicher ist das nicht: Gruppen, deren Bilder gleich aussehen und nur anders heißen, sind ohne Beschriftung nicht zu unterscheiden. Von diesen bekommen Sie das Modell der größten.',
    sure: 'Keine andere Gruppe sieht ihnen so ähnlich.',
    none: 'Keine der Gruppen gleicht Ihren Bildern. Sie bekommen das allgemeine Modell.',
    general: 'Allgemeines Modell',
    own: 'Modell Ihrer Gruppe',
    right: 'Richtige Antworten',
    changed: (count: string, total: string): string =>
      `Für ${count} Ihrer ${total} Bilder gibt das Modell Ihrer Gruppe eine andere Antwort als das allgemeine.`,
    note: 'Auf diesem Gerät mit der Beschriftung gezählt, die es hat. Sie wurde für nichts anderes benutzt.',
    pictures: 'Die ersten Ihrer Bilder, und wofür die Modelle sie halten',
    picture: 'Bild',
    truth: 'Beschriftung',
    show: (answer: string): string => `Bild, gehalten für: ${answer}`,
  },
})
