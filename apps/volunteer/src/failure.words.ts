import { ERRORS, type ErrorCode, type Failure } from '@shoal/protocol'
import type { Language } from '@shoal/ui'

/** The words of the error table in German, for what a volunteer can meet. The rest is said in English: it is for operators and programs. */
const GERMAN: Partial<Readonly<Record<ErrorCode, string>>> = {
  SHOAL_ERR_PROTOCOL_VERSION: 'Diese Seite spricht eine andere Fassung des Protokolls. Bitte neu laden.',
  SHOAL_ERR_MALFORMED: 'Die Nachricht hat nicht die Form, die das Protokoll ihr gibt.',
  SHOAL_ERR_UNKNOWN_FEDERATION: 'Dieses gemeinsame Training gibt es nicht.',
  SHOAL_ERR_WRONG_FEDERATION: 'Diese Anmeldung gehört zu einem anderen Training.',
  SHOAL_ERR_INVITE_INVALID: 'Die Einladung ist unbekannt, zurückgezogen oder abgelaufen.',
  SHOAL_ERR_SESSION_INVALID: 'Die Anmeldung ist unbekannt. Bitte noch einmal beitreten.',
  SHOAL_ERR_SESSION_SUPERSEDED: 'Derselbe Browser hat sich an anderer Stelle neu verbunden; diese Verbindung endet.',
  SHOAL_ERR_IDENTITY_UNPROVEN: 'Die Unterschrift beweist diese Identität nicht.',
  SHOAL_ERR_NOT_JOINED: 'Dieses Gerät ist noch nicht beigetreten.',
  SHOAL_ERR_FEDERATION_FULL: 'Das Training hat so viele Freiwillige, wie es aufnehmen kann.',
  SHOAL_ERR_NOT_RUNNING: 'Das Training läuft gerade nicht.',
  SHOAL_ERR_ASK_UNKNOWN: 'Diese Anfrage gibt es nicht.',
  SHOAL_ERR_ASK_CLOSED: 'Die Anfrage ist geschlossen; die Antwort kommt zu spät.',
  SHOAL_ERR_ASK_ABORTED: 'Die Anfrage wurde abgebrochen; keine Antwort darauf zählt.',
  SHOAL_ERR_STALE_UPDATE: 'Die Antwort gehört zu einer anderen Runde oder einem anderen Modell.',
  SHOAL_ERR_NOT_IN_COHORT: 'Dieses Gerät wurde nicht gefragt.',
  SHOAL_ERR_BODY_INCOMPLETE: 'Die Übertragung brach vor ihrem Ende ab.',
  SHOAL_ERR_DIGEST_MISMATCH: 'Was ankam, ist nicht das, was angekündigt war.',
  SHOAL_ERR_DUPLICATE_DIFFERS: 'Eine andere Antwort dieses Geräts auf diese Anfrage zählt schon.',
  SHOAL_ERR_ENVELOPE: 'Die Verschlüsselung passt nicht zum Schlüssel des Servers.',
  SHOAL_ERR_POLICY_MISMATCH: 'Die Antwort entstand unter anderen Bedingungen.',
  SHOAL_ERR_RATE_LIMITED: 'Zu viele Anfragen. Bitte einen Augenblick warten.',
  SHOAL_ERR_STORE_FAILED: 'Der Server konnte das nicht festhalten, also ist es nicht geschehen.',
  SHOAL_ERR_SHUTTING_DOWN: 'Der Server hält an. Bitte gleich noch einmal versuchen.',
  SHOAL_ERR_NOT_FOUND: 'Unter dieser Adresse ist nichts.',
  SHOAL_ERR_PROCEDURE_FAILED: 'Die Berechnung in diesem Tab ist fehlgeschlagen.',
  SHOAL_ERR_MEMORY_LOST: 'Dieser Tab hat das Zwischenergebnis nicht mehr und setzt aus.',
  SHOAL_ERR_NO_BLOCK: 'Nichts an dieser Anfrage ist für dieses Gerät; es setzt aus.',
  SHOAL_ERR_POLICY_UNVERIFIED: 'Die Bedingungen sind nicht mit dem Schlüssel unterschrieben, den die Einladung nennt.',
  SHOAL_ERR_AGGREGATOR_KEY_UNVERIFIED: 'Der Schlüssel des Servers ist nicht vom Schlüssel dieses Trainings unterschrieben.',
  SHOAL_ERR_MODEL_DIGEST: 'Das Modell, das ankam, hat nicht die angekündigte Prüfsumme.',
  SHOAL_ERR_MODEL_UNKNOWN: 'Ein Modell dieses Namens gibt es nicht.',
  SHOAL_ERR_BACKEND: 'Kein Rechenwerk dieses Browsers liefert richtige Zahlen.',
  SHOAL_ERR_SUM_MANIFEST: 'Die Summe ist nicht von der Art, der zugestimmt wurde.',
  SHOAL_ERR_SUM_ROSTER: 'Der Teilnehmerliste dieser Summe kann dieses Gerät nicht trauen.',
  SHOAL_ERR_SUM_SURVIVORS: 'Dieses Gerät hilft nicht, eine Summe über diese Teilnehmer zu öffnen.',
  SHOAL_ERR_SUM_TOO_FEW: 'In der Summe sind zu wenige übrig; nichts davon wird sichtbar.',
  SHOAL_ERR_SUM_OUT_OF_RANGE: 'Die Summe kann nicht stimmen; nichts davon wird veröffentlicht.',
  SHOAL_ERR_SUM_RESULT: 'Die veröffentlichte Summe ist nicht die, die sich aus den Beiträgen ergibt.',
  SHOAL_ERR_PRIVACY_BUDGET: 'Was dieses Gerät insgesamt über seine Daten verraten darf, ist verraten; es gibt diesem Training nichts mehr.',
  SHOAL_ERR_UNREACHABLE: 'Der Server ist nicht erreichbar.',
  SHOAL_ERR_INTERNAL: 'Etwas ist fehlgeschlagen, was nicht fehlschlagen sollte.',
}

/** The words of the error table without the detail. */
export const codeWords = (language: Language, code: ErrorCode): string => (language === 'de' ? GERMAN[code] : undefined) ?? ERRORS[code].message

/** What failed as a sentence, with the detail where there is one. */
export const failureWords = (language: Language, { code, detail }: Failure): string =>
  detail === undefined ? codeWords(language, code) : `${codeWords(language, code)} (${detail})`
