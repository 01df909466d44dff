import { cfl, flux, ifca, withExpert } from '@shoal/strategies'

export {
  cfl as cflTrial,
  fedavg as fedavgTrial,
  flux as fluxTrial,
  ifca as ifcaTrial,
  kFed as kFedTrial,
  ocfl as ocflTrial,
  uifca as uifcaTrial,
} from '@shoal/strategies'

export const cflExpertTrial = withExpert(cfl)
export const fluxExpertTrial = withExpert(flux)
export const ifcaExpertTrial = withExpert(ifca)
