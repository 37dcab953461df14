# The catalogue in Spanish. Terms after the Spanish editions of ICAO Doc 4444 (PANS-ATM) and Annex 10, volume II.
# A native speaker who has read this file changes the next line to: review-status = reviewed by NAME on YYYY-MM-DD

review-status = unreviewed

## Values: numbers as typed, then in the other units; what is typed is never rounded

value-limit-FL = { $typed } ({ $feet } ft, { $metres } m)
value-limit-ft = { $typed } ft ({ $metres } m)
value-limit-m = { $typed } m ({ $feet } ft)
value-level = { $limit }, { $datum }
value-band = de { $lower } a { $upper }, { $datum }
value-position = { $typed } ({ $decimal }, WGS 84)
value-time = { $utc }
value-time-local = { $utc } ({ $local } hora local, { $zone })
value-window = de { $begin } a { $end }
value-distance-NM = { $typed } NM ({ $metres } m)
value-distance-km = { $typed } km ({ $metres } m)
value-distance-m = { $typed } m
value-speed-kt = { $typed } kt ({ $kmh } km/h)
value-speed-kmh = { $typed } km/h
value-speed-ms = { $typed } m/s ({ $kmh } km/h)
value-heading = { $typed } ({ $reference })
value-frequency-MHz = { $typed } MHz
value-frequency-kHz = { $typed } kHz
value-duration-s =
    { $number ->
        [one] { $number } segundo
        [many] { $number } de segundos
       *[other] { $number } segundos
    }
value-duration-min =
    { $number ->
        [one] { $number } minuto
        [many] { $number } de minutos
       *[other] { $number } minutos
    }
value-duration-h =
    { $number ->
        [one] { $number } hora
        [many] { $number } de horas
       *[other] { $number } horas
    }
count-persons =
    { $number ->
        [one] { $number } persona
        [many] { $number } de personas
       *[other] { $number } personas
    }
count-vehicles =
    { $number ->
        [one] { $number } vehículo
        [many] { $number } de vehículos
       *[other] { $number } vehículos
    }
count-aircraft =
    { $number ->
        [one] { $number } aeronave
        [many] { $number } de aeronaves
       *[other] { $number } aeronaves
    }
count-message = n.º { $number }
detail = { $label }: { $value }

## Labels of parameters

label-operation = Operación
label-other_operation = Otra operación
label-other_band = Niveles de la otra operación
label-other_window = Horario de la otra operación
label-outline = Contorno
label-window = Horario
label-band = Niveles
label-level = Nivel
label-place = Lugar
label-position = Posición
label-radius = Radio
label-route = Ruta
label-time = Hora
label-begin = Nuevo inicio
label-arrival = Llegada prevista
label-delay = Demora
label-notice = Preaviso dado
label-endurance = Autonomía
label-callsign = Distintivo de llamada
label-aircraft_type = Tipo de aeronave
label-frequency = Frecuencia
label-heading = Rumbo
label-speed = Velocidad
label-hazard = Peligro
label-reason = Motivo
label-nature = Naturaleza de la emergencia
label-need = Ayuda necesaria
label-movement = Movimiento
label-persons = Personas
label-vehicles = Vehículos
label-aircraft = Número de aeronaves
label-message = Mensaje
label-party = Parte
label-post = Puesto
label-term = Término
label-intentions = Intenciones
label-remarks = Observaciones (tal como se escribieron)
label-text = Texto (tal como se escribió)

## Words

word-PRESSURE = altitud de presión, 1013,25 hPa
word-EGM96 = sobre el nivel medio del mar, EGM96
word-WGS84 = sobre el elipsoide WGS 84
word-AGL = sobre el terreno
word-true = verdadero
word-magnetic = magnético
word-weather = condiciones meteorológicas
word-traffic = tránsito
word-safety_of_flight = seguridad del vuelo
word-emergency_in_progress = emergencia en curso
word-priority_operation = operación prioritaria
word-fuel = combustible
word-technical = razón técnica
word-crew = tripulación
word-airspace_not_available = espacio aéreo no disponible
word-coordination_incomplete = coordinación incompleta
word-protected_movement = movimiento protegido
word-notice_too_late = preaviso demasiado tardío
word-outside_agreement = fuera del acuerdo
word-unable_to_verify = no se puede verificar
word-not_authorised = no autorizado
word-other = otro, véanse las observaciones
word-firing = ejercicios de tiro
word-rocket = cohete
word-debris = caída de restos
word-gnss_interference = interferencia del GNSS
word-laser = láser
word-balloon = globo
word-drone_activity = actividad de drones
word-engine_failure = falla de motor
word-fire = fuego a bordo
word-fuel_shortage = combustible mínimo
word-medical_emergency = emergencia médica
word-structural_damage = daños estructurales
word-decompression = pérdida de presión en cabina
word-navigation_failure = falla de navegación
word-position_unknown = posición propia incierta
word-forced_landing = aterrizaje forzoso o amaraje
word-crew_parachuting = tripulación descendiendo en paracaídas
word-control_link_lost = enlace de mando perdido
word-nature_unknown = naturaleza desconocida
word-search_and_rescue = búsqueda y salvamento
word-medical_evacuation = evacuación médica
word-landing_site = lugar de aterrizaje
word-refuelling = reabastecimiento de combustible
word-escort = escolta
word-navigation_help = ayuda a la navegación
word-radio_relay = retransmisión de radio
word-clear_airspace = espacio aéreo despejado
word-tow = remolque
word-aid_convoy = convoy humanitario
word-ambulance = ambulancia
word-evacuation_of_civilians = evacuación de civiles
word-repair_crew = equipo de reparación
word-inspection = inspección
word-repatriation = repatriación

## Notices

notice-operation = Aviso de la operación { $operation }. Horario: { $window }. Niveles: { $band }.
    .title = Aviso de operación
notice-late-operation = Aviso tardío: la operación { $operation } comienza a esta hora: { $begin }. Preaviso dado: { $notice }. Motivo: { $reason }.
    .title = Aviso tardío de operación
notice-start = La operación { $operation } ha comenzado. Hora: { $time }.
    .title = Operación comenzada
notice-end = La operación { $operation } ha terminado. Hora: { $time }.
    .title = Operación terminada
notice-hazard = Peligro: { $hazard }. Centro: { $position }. Radio: { $radius }. Niveles: { $band }. Horario: { $window }.
    .title = Aviso de peligro
notice-gnss-interference = Se prevé interferencia del GNSS. No confíe en la navegación por satélite. Centro: { $position }. Radio: { $radius }. Horario: { $window }.
    .title = Interferencia del GNSS
notice-debris = Caída de restos. Centro: { $position }. Radio: { $radius }. Niveles: { $band }. Hora prevista: { $time }.
    .title = Caída de restos
notice-hazard-ended = Fin del peligro: { $hazard }. Centro: { $position }. Hora: { $time }.
    .title = Fin del peligro
notice-movement = Movimiento protegido: { $movement }, { $vehicles }. Ruta: { $route }. Horario: { $window }.
    .title = Movimiento protegido
notice-movement-ended = Fin del movimiento protegido: { $movement }. Hora: { $time }.
    .title = Fin del movimiento protegido
notice-rescue = Búsqueda y salvamento en curso. Centro: { $position }. Radio: { $radius }. Niveles: { $band }. Horario: { $window }.
    .title = Búsqueda y salvamento en curso
report-position = Informe de posición de { $callsign }: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Informe de posición
report-intentions = Intenciones de { $callsign }. Nivel: { $level }. Ruta: { $route }.
    .title = Informe de intenciones
report-identity = La aeronave está identificada: { $callsign }, de la parte { $party }.
    .title = Aeronave identificada

## Changes

change-time = Cambio de la operación { $operation }. Nuevo horario: { $window }.
    .title = Cambio de horario
change-level = Cambio de la operación { $operation }. Nuevos niveles: { $band }.
    .title = Cambio de niveles
change-route = Cambio de la operación { $operation }. Nueva ruta: { $route }.
    .title = Cambio de ruta
change-delay = La operación { $operation } se demora. Demora: { $delay }. Nuevo inicio: { $begin }.
    .title = Demora
change-cancel = La operación { $operation } queda cancelada. Motivo: { $reason }.
    .title = Cancelación
change-hazard = Cambio del peligro: { $hazard }. Centro: { $position }. Radio: { $radius }. Niveles: { $band }. Nuevo horario: { $window }.
    .title = Cambio del peligro

## Requests

request-remain-clear = Solicitamos que se mantenga fuera de la zona. Centro: { $position }. Radio: { $radius }. Niveles: { $band }. Horario: { $window }.
    .title = Solicitud: mantenerse fuera
request-delay = Solicitamos que demore la operación { $operation }. Demora: { $delay }. Nuevo inicio: { $begin }.
    .title = Solicitud: demorar
request-climb = Solicitamos que { $callsign } ascienda. Nuevo nivel: { $level }.
    .title = Solicitud: ascender
request-descend = Solicitamos que { $callsign } descienda. Nuevo nivel: { $level }.
    .title = Solicitud: descender
request-maintain = Solicitamos que { $callsign } mantenga el nivel. Nivel: { $level }.
    .title = Solicitud: mantener el nivel
request-heading = Solicitamos que { $callsign } vuele con rumbo { $heading }.
    .title = Solicitud: rumbo
request-route = Solicitamos otra ruta para la operación { $operation }. Ruta: { $route }.
    .title = Solicitud: ruta
request-contact = Solicitamos que { $callsign } llame en la frecuencia { $frequency }.
    .title = Solicitud: llamar en frecuencia
request-stop-hazard = Solicitamos que cese: { $hazard }. Centro: { $position }. A más tardar: { $time }.
    .title = Solicitud: cesar el peligro
request-position = Notifique la posición de { $callsign }.
    .title = Solicitud: notificar posición
request-intentions = Indique las intenciones de { $callsign }.
    .title = Solicitud: indicar intenciones
request-identity = Confirme si esta aeronave es suya. Posición: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Solicitud: confirmar identidad
request-definition = Indique qué entiende por este término: { $term }.
    .title = Solicitud: definir término

## Offers and counter-offers

offer-time = Propuesta para la operación { $operation }. Horario: { $window }.
    .title = Propuesta: horario
offer-level = Propuesta para la operación { $operation }. Niveles: { $band }.
    .title = Propuesta: niveles
offer-area = Propuesta para la operación { $operation }. Centro: { $position }. Radio: { $radius }. Niveles: { $band }.
    .title = Propuesta: zona
offer-route = Propuesta para la operación { $operation }. Ruta: { $route }.
    .title = Propuesta: ruta
offer-outline = Propuesta para la operación { $operation }. Contorno: { $outline }. Niveles: { $band }.
    .title = Propuesta: contorno
offer-levels = Propuesta para la operación { $operation }. Niveles: { $band }. Operación { $other_operation }: { $other_band }.
    .title = Propuesta: niveles de ambas
offer-times = Propuesta para la operación { $operation }. Horario: { $window }. Operación { $other_operation }: { $other_window }.
    .title = Propuesta: horarios de ambas
counter-time = Contrapropuesta para la operación { $operation }. Horario: { $window }.
    .title = Contrapropuesta: horario
counter-level = Contrapropuesta para la operación { $operation }. Niveles: { $band }.
    .title = Contrapropuesta: niveles
counter-area = Contrapropuesta para la operación { $operation }. Centro: { $position }. Radio: { $radius }. Niveles: { $band }.
    .title = Contrapropuesta: zona
counter-route = Contrapropuesta para la operación { $operation }. Ruta: { $route }.
    .title = Contrapropuesta: ruta
counter-outline = Contrapropuesta para la operación { $operation }. Contorno: { $outline }. Niveles: { $band }.
    .title = Contrapropuesta: contorno
counter-levels = Contrapropuesta para la operación { $operation }. Niveles: { $band }. Operación { $other_operation }: { $other_band }.
    .title = Contrapropuesta: niveles de ambas
counter-times = Contrapropuesta para la operación { $operation }. Horario: { $window }. Operación { $other_operation }: { $other_window }.
    .title = Contrapropuesta: horarios de ambas

## Answers

wilco = WILCO. Cumpliremos.
    .title = WILCO (cumpliré)
affirm = AFIRMO. Estamos de acuerdo.
    .title = AFIRMO
roger = RECIBIDO. Mensaje recibido.
    .title = RECIBIDO
unable = IMPOSIBLE. No podemos cumplir. Motivo: { $reason }.
    .title = IMPOSIBLE
negative = NEGATIVO. No estamos de acuerdo. Motivo: { $reason }.
    .title = NEGATIVO

## Emergencies

mayday = MAYDAY. { $callsign } está en peligro. Naturaleza: { $nature }. Posición: { $position }. Hora: { $time }.
    .title = MAYDAY
pan = PAN PAN. { $callsign } está en situación de urgencia. Naturaleza: { $nature }. Posición: { $position }. Hora: { $time }.
    .title = PAN PAN
unknown-aircraft = Aeronave desconocida. Posición: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Aeronave desconocida
lost-link = Se ha perdido el enlace de mando con la aeronave no tripulada { $callsign }. Última posición: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Pérdida del enlace de mando
stray-aircraft = Nuestra aeronave { $callsign } ha salido de su ruta por error. Posición: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Aeronave extraviada
radio-failure = { $callsign } ha perdido las comunicaciones por radio. Última posición: { $position }. Nivel: { $level }. Hora: { $time }.
    .title = Falla de radio
conflict-alert = Alerta de conflicto. La operación { $operation } y la operación { $other_operation } están por encontrarse. Hora: { $time }.
    .title = Alerta de conflicto
emergency-over = La emergencia de { $callsign } ha terminado. Hora: { $time }.
    .title = Fin de la emergencia

## Assistance

assistance-request = Se solicita asistencia: { $need }. Última posición: { $position }. Hora: { $time }. A bordo: { $persons }.
    .title = Solicitud de asistencia
assistance-offer = Se ofrece asistencia: { $need }. Parte que actúa: { $party }. Llegada prevista: { $arrival }.
    .title = Oferta de asistencia
assistance-corridor = Corredor de asistencia. Ruta: { $route }. Niveles: { $band }. Horario: { $window }.
    .title = Corredor de asistencia
assistance-under-way = Asistencia en camino. Parte que actúa: { $party }. Distintivo de llamada: { $callsign }. Llegada prevista: { $arrival }.
    .title = Asistencia en camino
assistance-complete = Asistencia terminada. Total de rescatados: { $persons }. Hora: { $time }.
    .title = Asistencia terminada
assistance-declined = No se puede prestar asistencia. Motivo: { $reason }.
    .title = Asistencia denegada

## Line test

line-test = Prueba de la línea. Responda, por favor. Hora de envío: { $time }.
    .title = Prueba de la línea
line-test-answer = Prueba de la línea recibida. Hora de recepción: { $time }.
    .title = Respuesta a la prueba de la línea

## Procedure

standby = ESPERE nuestra respuesta.
    .title = ESPERE
read-back = Colación del mensaje { $message }.
    .title = Colación
read-back-correct = COLACIÓN CORRECTA. Mensaje { $message }.
    .title = COLACIÓN CORRECTA
correction = CORRECCIÓN del mensaje { $message }: { $remarks }.
    .title = CORRECCIÓN
say-again = REPITA el mensaje { $message }.
    .title = REPITA
wrong-party = El mensaje { $message } no era para nosotros.
    .title = Destinatario equivocado
passed-down = El mensaje { $message } se ha transmitido a quienes lo necesitan. Hora: { $time }.
    .title = Transmitido a los ejecutores
handover = Relevo efectuado en el puesto { $post }. Hora: { $time }.
    .title = Relevo de guardia
change-line-frequency = La frecuencia de la línea cambia a { $frequency }. Hora: { $time }.
    .title = Cambio de frecuencia
suspension = Suspendemos el acuerdo. Motivo: { $reason }. Desde: { $time }.
    .title = Suspensión del acuerdo
resumption = Reanudamos el acuerdo. Desde: { $time }.
    .title = Reanudación del acuerdo
closing = Nada más. El diálogo queda cerrado.
    .title = Nada más
abort = El diálogo queda interrumpido. Motivo: { $reason }.
    .title = Interrupción
free-text = { $text }
    .title = Texto libre
