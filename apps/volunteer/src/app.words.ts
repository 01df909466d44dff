import { inLanguages } from '@shoal/ui'

export const appWords = inLanguages({
  en: {
    invited: 'You are invited',
    motto: 'Shoal trains one model on many devices. The data stay where they are.',
    language: 'Language',
    tryAgain: 'Try again',
    nothingComputed: 'Nothing was computed here, and nothing was sent but the request for this page.',
    backToInvitation: 'Back to the invitation',
    notSigned:
      'What you were shown is not signed by the key in your link, so this page has stopped: no data were read and no key was made. Ask whoever invited you for a new link, and tell them about it.',
    opening: 'Opening the invitation.',
    closed: 'This invitation could not be opened.',
    asking: 'Nothing happens on this device before you agree.',
    declined: 'You do not take part. You can close this page.',
    verifying: 'Checking the signature of what you agreed to.',
    loadingEncryption: 'Loading the encryption',
    unverified: 'This invitation could not be verified.',
    agreedText: 'What I agreed to',
  },
  de: {
    invited: 'Eine Einladung für Sie',
    motto: 'Shoal trainiert ein Modell auf vielen Geräten. Die Daten bleiben, wo sie sind.',
    language: 'Sprache',
    tryAgain: 'Noch einmal versuchen',
    nothingComputed: 'Hier wurde nichts berechnet, und außer der Anfrage nach dieser Seite wurde nichts gesendet.',
    backToInvitation: 'Zurück zur Einladung',
    notSigned:
      'Was Ihnen gezeigt wurde, ist nicht mit dem Schlüssel aus Ihrem Link unterschrieben; deshalb hat diese Seite angehalten: Keine Daten wurden gelesen, kein Schlüssel wurde erzeugt. Bitten Sie um einen neuen Link, und berichten Sie davon.',
    opening: 'Die Einladung wird geöffnet.',
    closed: 'Diese Einladung konnte nicht geöffnet werden.',
    asking: 'Auf diesem Gerät geschieht nichts, bevor Sie zustimmen.',
    declined: 'Sie nehmen nicht teil. Sie können diese Seite schließen.',
    verifying: 'Die Unterschrift unter dem, dem Sie zugestimmt haben, wird geprüft.',
    loadingEncryption: 'Die Verschlüsselung wird geladen',
    unverified: 'Diese Einladung konnte nicht überprüft werden.',
    agreedText: 'Wozu ich zugestimmt habe',
  },
})
