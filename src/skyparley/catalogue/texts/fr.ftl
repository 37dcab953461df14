# The catalogue in French. Terms after the French editions of ICAO Doc 4444 (PANS-ATM) and Annex 10, volume II.
# A native speaker who has read this file changes the next line to: review-status = reviewed by NAME on YYYY-MM-DD

review-status = unreviewed

## Values: numbers as typed, then in the other units; what is typed is never rounded

value-limit-FL = { $typed } ({ $feet } ft, { $metres } m)
value-limit-ft = { $typed } ft ({ $metres } m)
value-limit-m = { $typed } m ({ $feet } ft)
value-level = { $limit }, { $datum }
value-band = de { $lower } à { $upper }, { $datum }
value-position = { $typed } ({ $decimal }, WGS 84)
value-time = { $utc }
value-time-local = { $utc } ({ $local } heure locale, { $zone })
value-window = de { $begin } à { $end }
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
        [one] { $number } seconde
        [many] { $number } de secondes
       *[other] { $number } secondes
    }
value-duration-min =
    { $number ->
        [one] { $number } minute
        [many] { $number } de minutes
       *[other] { $number } minutes
    }
value-duration-h =
    { $number ->
        [one] { $number } heure
        [many] { $number } d’heures
       *[other] { $number } heures
    }
count-persons =
    { $number ->
        [one] { $number } personne
        [many] { $number } de personnes
       *[other] { $number } personnes
    }
count-vehicles =
    { $number ->
        [one] { $number } véhicule
        [many] { $number } de véhicules
       *[other] { $number } véhicules
    }
count-aircraft =
    { $number ->
        [one] { $number } aéronef
        [many] { $number } d’aéronefs
       *[other] { $number } aéronefs
    }
count-message = nº { $number }
detail = { $label } : { $value }

## Labels of parameters

label-operation = Opération
label-other_operation = Autre opération
label-other_band = Niveaux de l’autre opération
label-other_window = Horaire de l’autre opération
label-outline = Contour
label-window = Horaire
label-band = Niveaux
label-level = Niveau
label-place = Lieu
label-position = Position
label-radius = Rayon
label-route = Route
label-time = Heure
label-begin = Nouveau début
label-arrival = Arrivée prévue
label-delay = Retard
label-notice = Préavis donné
label-endurance = Autonomie
label-callsign = Indicatif d’appel
label-aircraft_type = Type d’aéronef
label-frequency = Fréquence
label-heading = Cap
label-speed = Vitesse
label-hazard = Danger
label-reason = Motif
label-nature = Nature de l’urgence
label-need = Aide demandée
label-movement = Mouvement
label-persons = Personnes
label-vehicles = Véhicules
label-aircraft = Nombre d’aéronefs
label-message = Message
label-party = Partie
label-post = Poste
label-term = Terme
label-intentions = Intentions
label-remarks = Remarques (texte tel que saisi)
label-text = Texte (tel que saisi)

## Words

word-PRESSURE = altitude-pression, 1013,25 hPa
word-EGM96 = au-dessus du niveau moyen de la mer, EGM96
word-WGS84 = au-dessus de l’ellipsoïde WGS 84
word-AGL = au-dessus du sol
word-true = vrai
word-magnetic = magnétique
word-weather = conditions météorologiques
word-traffic = trafic
word-safety_of_flight = sécurité du vol
word-emergency_in_progress = urgence en cours
word-priority_operation = opération prioritaire
word-fuel = carburant
word-technical = raison technique
word-crew = équipage
word-airspace_not_available = espace aérien non disponible
word-coordination_incomplete = coordination inachevée
word-protected_movement = mouvement protégé
word-notice_too_late = préavis trop tardif
word-outside_agreement = hors du cadre de l’accord
word-unable_to_verify = vérification impossible
word-not_authorised = non autorisé
word-other = autre, voir les remarques
word-firing = tirs
word-rocket = fusée
word-debris = chute de débris
word-gnss_interference = brouillage du GNSS
word-laser = laser
word-balloon = ballon
word-drone_activity = activité de drones
word-engine_failure = panne de moteur
word-fire = feu à bord
word-fuel_shortage = carburant minimal
word-medical_emergency = urgence médicale
word-structural_damage = dommages à la structure
word-decompression = dépressurisation de la cabine
word-navigation_failure = panne de navigation
word-position_unknown = position propre incertaine
word-forced_landing = atterrissage forcé ou amerrissage
word-crew_parachuting = équipage descendant en parachute
word-control_link_lost = liaison de commande perdue
word-nature_unknown = nature inconnue
word-search_and_rescue = recherche et sauvetage
word-medical_evacuation = évacuation sanitaire
word-landing_site = terrain d’atterrissage
word-refuelling = ravitaillement en carburant
word-escort = escorte
word-navigation_help = aide à la navigation
word-radio_relay = relais radio
word-clear_airspace = espace aérien dégagé
word-tow = remorquage
word-aid_convoy = convoi humanitaire
word-ambulance = ambulance
word-evacuation_of_civilians = évacuation de civils
word-repair_crew = équipe de réparation
word-inspection = inspection
word-repatriation = rapatriement

## Notices

notice-operation = Avis d’opération { $operation }. Horaire : { $window }. Niveaux : { $band }.
    .title = Avis d’opération
notice-late-operation = Avis tardif : l’opération { $operation } commence à : { $begin }. Préavis donné : { $notice }. Motif : { $reason }.
    .title = Avis tardif d’opération
notice-start = L’opération { $operation } a commencé. Heure : { $time }.
    .title = Opération commencée
notice-end = L’opération { $operation } est terminée. Heure : { $time }.
    .title = Opération terminée
notice-hazard = Danger : { $hazard }. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }. Horaire : { $window }.
    .title = Avis de danger
notice-gnss-interference = Brouillage du GNSS prévu. Ne vous fiez pas à la navigation par satellite. Centre : { $position }. Rayon : { $radius }. Horaire : { $window }.
    .title = Brouillage du GNSS
notice-debris = Chute de débris. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }. Heure prévue : { $time }.
    .title = Chute de débris
notice-hazard-ended = Fin du danger : { $hazard }. Centre : { $position }. Heure : { $time }.
    .title = Fin du danger
notice-movement = Mouvement protégé : { $movement }, { $vehicles }. Route : { $route }. Horaire : { $window }.
    .title = Mouvement protégé
notice-movement-ended = Fin du mouvement protégé : { $movement }. Heure : { $time }.
    .title = Fin du mouvement protégé
notice-rescue = Recherche et sauvetage en cours. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }. Horaire : { $window }.
    .title = Recherche et sauvetage en cours
report-position = Compte rendu de position de { $callsign } : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Compte rendu de position
report-intentions = Intentions de { $callsign }. Niveau : { $level }. Route : { $route }.
    .title = Compte rendu d’intentions
report-identity = L’aéronef est identifié : { $callsign }, de la partie { $party }.
    .title = Aéronef identifié

## Changes

change-time = Modification de l’opération { $operation }. Nouvel horaire : { $window }.
    .title = Modification de l’horaire
change-level = Modification de l’opération { $operation }. Nouveaux niveaux : { $band }.
    .title = Modification des niveaux
change-route = Modification de l’opération { $operation }. Nouvelle route : { $route }.
    .title = Modification de la route
change-delay = L’opération { $operation } est retardée. Retard : { $delay }. Nouveau début : { $begin }.
    .title = Retard
change-cancel = L’opération { $operation } est annulée. Motif : { $reason }.
    .title = Annulation
change-hazard = Modification du danger : { $hazard }. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }. Nouvel horaire : { $window }.
    .title = Modification du danger

## Requests

request-remain-clear = Demandons que vous restiez à l’écart de la zone. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }. Horaire : { $window }.
    .title = Demande : rester à l’écart
request-delay = Demandons que vous retardiez l’opération { $operation }. Retard : { $delay }. Nouveau début : { $begin }.
    .title = Demande : retarder
request-climb = Demandons que { $callsign } monte. Nouveau niveau : { $level }.
    .title = Demande : monter
request-descend = Demandons que { $callsign } descende. Nouveau niveau : { $level }.
    .title = Demande : descendre
request-maintain = Demandons que { $callsign } maintienne son niveau. Niveau : { $level }.
    .title = Demande : maintenir le niveau
request-heading = Demandons que { $callsign } suive le cap { $heading }.
    .title = Demande : cap
request-route = Demandons une autre route pour l’opération { $operation }. Route : { $route }.
    .title = Demande : route
request-contact = Demandons que { $callsign } établisse le contact sur la fréquence { $frequency }.
    .title = Demande : contact sur fréquence
request-stop-hazard = Demandons que vous fassiez cesser : { $hazard }. Centre : { $position }. Au plus tard : { $time }.
    .title = Demande : faire cesser le danger
request-position = Indiquez la position de { $callsign }.
    .title = Demande : indiquer la position
request-intentions = Indiquez les intentions de { $callsign }.
    .title = Demande : indiquer les intentions
request-identity = Confirmez si cet aéronef est à vous. Position : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Demande : confirmer l’identité
request-definition = Précisez ce que vous entendez par ce terme : { $term }.
    .title = Demande : définir un terme

## Offers and counter-offers

offer-time = Proposition pour l’opération { $operation }. Horaire : { $window }.
    .title = Proposition : horaire
offer-level = Proposition pour l’opération { $operation }. Niveaux : { $band }.
    .title = Proposition : niveaux
offer-area = Proposition pour l’opération { $operation }. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }.
    .title = Proposition : zone
offer-route = Proposition pour l’opération { $operation }. Route : { $route }.
    .title = Proposition : route
offer-outline = Proposition pour l’opération { $operation }. Contour : { $outline }. Niveaux : { $band }.
    .title = Proposition : contour
offer-levels = Proposition pour l’opération { $operation }. Niveaux : { $band }. Opération { $other_operation } : { $other_band }.
    .title = Proposition : niveaux des deux
offer-times = Proposition pour l’opération { $operation }. Horaire : { $window }. Opération { $other_operation } : { $other_window }.
    .title = Proposition : horaires des deux
counter-time = Contre-proposition pour l’opération { $operation }. Horaire : { $window }.
    .title = Contre-proposition : horaire
counter-level = Contre-proposition pour l’opération { $operation }. Niveaux : { $band }.
    .title = Contre-proposition : niveaux
counter-area = Contre-proposition pour l’opération { $operation }. Centre : { $position }. Rayon : { $radius }. Niveaux : { $band }.
    .title = Contre-proposition : zone
counter-route = Contre-proposition pour l’opération { $operation }. Route : { $route }.
    .title = Contre-proposition : route
counter-outline = Contre-proposition pour l’opération { $operation }. Contour : { $outline }. Niveaux : { $band }.
    .title = Contre-proposition : contour
counter-levels = Contre-proposition pour l’opération { $operation }. Niveaux : { $band }. Opération { $other_operation } : { $other_band }.
    .title = Contre-proposition : niveaux des deux
counter-times = Contre-proposition pour l’opération { $operation }. Horaire : { $window }. Opération { $other_operation } : { $other_window }.
    .title = Contre-proposition : horaires des deux

## Answers

wilco = WILCO. Nous exécutons.
    .title = WILCO (j’exécute)
affirm = AFFIRME. Nous sommes d’accord.
    .title = AFFIRME
roger = REÇU. Message bien reçu.
    .title = REÇU
unable = IMPOSSIBLE. Nous ne pouvons pas exécuter. Motif : { $reason }.
    .title = IMPOSSIBLE
negative = NÉGATIF. Nous ne sommes pas d’accord. Motif : { $reason }.
    .title = NÉGATIF

## Emergencies

mayday = MAYDAY. { $callsign } est en détresse. Nature : { $nature }. Position : { $position }. Heure : { $time }.
    .title = MAYDAY
pan = PAN PAN. { $callsign } est en situation d’urgence. Nature : { $nature }. Position : { $position }. Heure : { $time }.
    .title = PAN PAN
unknown-aircraft = Aéronef inconnu. Position : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Aéronef inconnu
lost-link = La liaison de commande avec l’aéronef sans équipage { $callsign } est perdue. Dernière position : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Perte de la liaison de commande
stray-aircraft = Notre aéronef { $callsign } a quitté sa route par erreur. Position : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Aéronef égaré
radio-failure = { $callsign } a perdu les communications radio. Dernière position : { $position }. Niveau : { $level }. Heure : { $time }.
    .title = Panne radio
conflict-alert = Alerte de conflit. L’opération { $operation } et l’opération { $other_operation } vont se rencontrer. Heure : { $time }.
    .title = Alerte de conflit
emergency-over = L’urgence de { $callsign } est terminée. Heure : { $time }.
    .title = Fin de l’urgence

## Assistance

assistance-request = Assistance demandée : { $need }. Dernière position : { $position }. Heure : { $time }. À bord : { $persons }.
    .title = Demande d’assistance
assistance-offer = Assistance proposée : { $need }. Partie qui agit : { $party }. Arrivée prévue : { $arrival }.
    .title = Offre d’assistance
assistance-corridor = Couloir d’assistance. Route : { $route }. Niveaux : { $band }. Horaire : { $window }.
    .title = Couloir d’assistance
assistance-under-way = Assistance en route. Partie qui agit : { $party }. Indicatif d’appel : { $callsign }. Arrivée prévue : { $arrival }.
    .title = Assistance en route
assistance-complete = Assistance terminée. Bilan des personnes secourues : { $persons }. Heure : { $time }.
    .title = Assistance terminée
assistance-declined = L’assistance ne peut pas être fournie. Motif : { $reason }.
    .title = Assistance refusée

## Line test

line-test = Essai de la ligne. Veuillez répondre. Heure d’envoi : { $time }.
    .title = Essai de la ligne
line-test-answer = Essai de la ligne reçu. Heure de réception : { $time }.
    .title = Réponse à l’essai de la ligne

## Procedure

standby = ATTENDEZ notre réponse.
    .title = ATTENDEZ
read-back = Collationnement du message { $message }.
    .title = Collationnement
read-back-correct = COLLATIONNEMENT CORRECT. Message { $message }.
    .title = COLLATIONNEMENT CORRECT
correction = CORRECTION du message { $message } : { $remarks }.
    .title = CORRECTION
say-again = RÉPÉTEZ le message { $message }.
    .title = RÉPÉTEZ
wrong-party = Le message { $message } ne nous était pas destiné.
    .title = Mauvais destinataire
passed-down = Le message { $message } a été transmis à ceux qui en ont besoin. Heure : { $time }.
    .title = Transmis aux exécutants
handover = Relève effectuée au poste { $post }. Heure : { $time }.
    .title = Relève
change-line-frequency = La fréquence de la ligne devient { $frequency }. Heure : { $time }.
    .title = Changement de fréquence
suspension = Nous suspendons l’accord. Motif : { $reason }. À compter de : { $time }.
    .title = Suspension de l’accord
resumption = Nous reprenons l’application de l’accord. À compter de : { $time }.
    .title = Reprise de l’accord
closing = Rien à ajouter. Le dialogue est clos.
    .title = Rien à ajouter
abort = Le dialogue est interrompu. Motif : { $reason }.
    .title = Interruption
free-text = { $text }
    .title = Texte libre
