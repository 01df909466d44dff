import type { LevelPhrases } from './level-phrases.ts'

export const GERMAN_LEVELS: LevelPhrases = {
  staysHere: 'Ihre Beispiele selbst und deren Beschriftungen: Sie bleiben in diesem Tab.',
  pageLimit:
    'All das gilt für die Seite, wie sie veröffentlicht wurde; wer die Seite auf dem Weg zu Ihnen verändern kann, kann auch verändern, was sie sendet. Eine Seite über einfaches http kann jeder im Netzwerk verändern.',
  takesPart:
    'Dass Ihr Browser teilnimmt, wann, von welcher Netzwerkadresse und mit welchen anderen, und mit welcher Gruppe Ihr Tab trainiert, wo es Gruppen gibt.',
  hiddenByMasks: 'Ein einzelnes Ergebnis von Ihnen, und wie viele Beispiele Sie haben.',
  hiddenFromOthers:
    'Dasselbe: Weder die anderen Freiwilligen noch jemand auf dem Weg kann ein Ergebnis von Ihnen allein lesen. Größe und Zeit der Nachrichten sind unterwegs sichtbar.',
  masks:
    'Bevor ein Ergebnis diesen Tab verlässt, wird es mit Zufallszahlen überdeckt, die Ihr Tab mit denen der anderen Freiwilligen vereinbart hat. Sie heben sich auf, wenn alle Ergebnisse zusammengezählt werden: Was der Server lesen kann, ist die Summe.',
  rows: 'Wo nach Gruppen gesucht wird: eine Kurzform der Richtung jedes Ergebnisses, ohne ihren Besitzer. Wie sie entsteht, ist öffentlich, und Eigenschaften der Daten lassen sich daran ablesen: welche Beschriftung die häufigste ist, zum Beispiel.',
  groupSums:
    'Wo nach Gruppen gesucht wird: Summen von Kurzformen der Richtungen der Ergebnisse, und Anzahlen von Freiwilligen. Die Tabs rechnen diese Summen nach, damit der Server sie nicht erfinden kann.',
  sealed: {
    title: 'Verschlüsselt für den Betreiber',
    way: 'Ihre Ergebnisse werden so verschlüsselt, dass nur der Server des Betreibers sie öffnen kann; er tut es im Arbeitsspeicher, um sie mit denen der anderen zusammenzuzählen.',
    operatorSees: [
      'Jedes Ergebnis, das Ihr Tab sendet: die Zahlen, um die das Training das Modell auf Ihrem Gerät verändert hat.',
      'Für wie viele Beispiele jedes Ergebnis steht, und wie gut das Modell auf Ihren Daten abschneidet, wo danach gefragt wird.',
      'Wo nach Gruppen gesucht wird: eine Kurzform der Richtung Ihrer Ergebnisse, und die Nummer der Gruppe, zu der Ihre Daten gehören.',
      'Dass Ihr Browser teilnimmt, wann und von welcher Netzwerkadresse.',
    ],
    othersDoNotSee:
      'Den Inhalt Ihrer Ergebnisse: Sie werden für den Server des Betreibers verschlüsselt, bevor sie diesen Tab verlassen. Größe und Zeit sind unterwegs sichtbar.',
    updateLimit:
      'Ein Ergebnis kann etwas über die Beispiele verraten, mit denen trainiert wurde, ebenso die veröffentlichten Modelle und die mittleren Richtungen der Gruppen.',
  },
  onlySums: (kMin) =>
    `Nur Summen über mindestens ${kMin} Freiwillige: ihrer Ergebnisse, ihrer Gewichte und dessen, wie gut das Modell auf ihren Daten abschneidet, wo danach gefragt wird.`,
  sybils:
    'Wenn jeder teilnehmen darf, kann der Betreiber eine Summe mit eigenen Tabs füllen und abziehen, was sie gaben: Übrig bleibt Ihr Ergebnis. Keine Überdeckung verhindert das.',
  verifiedOthers: (least) =>
    `Ihr Tab gibt deshalb nur zu Summen, in denen mindestens ${least} andere überprüft sind, von Ihnen oder von einer Organisation, der Sie vertrauen: Sie alle müssten gegen Sie arbeiten.`,
  unverifiedOthers: (least) =>
    `Diese Stufe ist nur dort ein echtes Versprechen, wo Ihr Tab prüfen kann, wer sonst in der Summe ist. Hier ${
      least === 0 ? 'kann er es nicht' : `prüft er nur ${least} von ihnen`
    }, also schützt die Stufe vor einem Server, der sich an das Protokoll hält. Erst Rauschen in jeder Summe, die Stufe darüber, begrenzt den Rest.`,
  smallSums: (kMin) =>
    `Summen können hier über nur ${kMin} Freiwillige gehen. Je weniger es sind, desto mehr sagt eine Summe, und das Modell einer kleinen Gruppe, über jeden von ihnen; und wo zwischen zwei Runden jemand geht oder kommt, kommt der Unterschied der beiden Summen dem nahe, was dieser eine gab.`,
  masked: {
    title: 'Nur Summen sind lesbar',
    titleUnverified: 'Nur Summen sind lesbar: schützt vor einem Server, der sich an das Protokoll hält',
    notWhichRow: 'Welche der Kurzformen Ihre ist.',
    tellTales:
      'Freiwillige, die dem Betreiber sagen, was sie gaben, machen aus einer Summe eine über die anderen allein. Wo etwa ein Drittel einer Summe oder mehr das tun und der Server betrügt, kann sie für einen einzelnen geöffnet werden.',
    manyRounds: 'Die Summen vieler Runden, mit anderen Freiwilligen in jeder, können zusammen dem nahe kommen, was ein einzelner gab.',
    rowsAmongFew:
      'Kurzformen sind nur so weit ohne Besitzer, wie die anderen ehrlich sind: unter wenigen, oder wo die meisten sagen, welche ihre ist, kann Ihre gefunden werden.',
    sumLimit:
      'Eine Summe kann etwas über die Beispiele dahinter verraten, ebenso die veröffentlichten Modelle. Die Tabs prüfen, dass alle dasselbe Modell bekamen, aber ein Modell kann so gemacht sein, dass seine Ergebnisse mehr verraten.',
  },
  noisy: {
    title: 'Nur verrauschte Summen sind lesbar',
    noise: 'Ihr Tab fügt außerdem jedem Ergebnis Rauschen hinzu, die anderen ebenso: Jede Summe trägt das Rauschen aller.',
    onlySums: (kMin) =>
      `Nur verrauschte Summen über mindestens ${kMin} Freiwillige: ihrer Ergebnisse, ihrer Gewichte und dessen, wie gut das Modell auf ihren Daten abschneidet, wo danach gefragt wird.`,
    notBeyondLimit:
      'Mehr über Ihre Daten, als eine Grenze erlaubt. Diese Seite zeigt, wie viel davon verbraucht ist, weniger ist besser, und gibt nichts mehr, wenn nichts übrig ist. Die Grenze gilt, was immer der Betreiber mit den Summen macht oder in das Modell legt, solange genug Freiwillige in jeder Summe ehrlich sind.',
    noNoiseFromSybils:
      'Solche Tabs fügen auch kein Rauschen hinzu: Mit zu wenigen ehrlichen Freiwilligen in einer Summe bleibt nur der kleine Teil des Rauschens, der Ihr eigener ist.',
    verified: (least) =>
      least === 0
        ? 'Ihr Tab kann nicht prüfen, wer sonst in einer Summe ist.'
        : `Ihr Tab gibt nur zu Summen, in denen mindestens ${least} andere überprüft sind, von Ihnen oder von einer Organisation, der Sie vertrauen.`,
    outsideLimit: 'Die Grenze gilt für Ihre Ergebnisse. Dass Sie teilnehmen, wann, und mit welcher Gruppe Ihr Tab trainiert, liegt außerhalb.',
    worseModel: 'Rauschen macht das Modell schlechter, umso mehr, je weniger teilnehmen.',
  },
}
