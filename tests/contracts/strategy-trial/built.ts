export {
  cfl as cflTrial,
  fedavg as fedavgTrial,
  flux as fluxTrial,
  ifca as ifcaTrial,
  kFed as kFedTrial,
  ocfl as ocflTrial,
  uifca as uifcaTrial,
} from '@shoal/strategies'
