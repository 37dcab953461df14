# The catalogue in English: the source of every other language.
# Wording after ICAO Doc 4444 (PANS-ATM) and Annex 10, volume II.

review-status = source

## Values: numbers as typed, then in the other units; what is typed is never rounded

value-limit-FL = { $typed } ({ $feet } ft, { $metres } m)
value-limit-ft = { $typed } ft ({ $metres } m)
value-limit-m = { $typed } m ({ $feet } ft)
value-level = { $limit }, { $datum }
value-band = from { $lower } to { $upper }, { $datum }
value-position = { $typed } ({ $decimal }, WGS 84)
value-time = { $utc }
value-time-local = { $utc } ({ $local } local time, { $zone })
value-window = from { $begin } to { $end }
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
        [one] { $number } second
       *[other] { $number } seconds
    }
value-duration-min =
    { $number ->
        [one] { $number } minute
       *[other] { $number } minutes
    }
value-duration-h =
    { $number ->
        [one] { $number } hour
       *[other] { $number } hours
    }
count-persons =
    { $number ->
        [one] { $number } person
       *[other] { $number } persons
    }
count-vehicles =
    { $number ->
        [one] { $number } vehicle
       *[other] { $number } vehicles
    }
count-aircraft =
    { $number ->
        [one] { $number } aircraft
       *[other] { $number } aircraft
    }
count-message = No. { $number }
detail = { $label }: { $value }

## Labels of parameters

label-operation = Operation
label-other_operation = Other operation
label-other_band = Levels of the other operation
label-other_window = Time of the other operation
label-outline = Outline
label-window = Time
label-band = Levels
label-level = Level
label-place = Place
label-position = Position
label-radius = Radius
label-route = Route
label-time = Time
label-begin = New start
label-arrival = Expected arrival
label-delay = Delay
label-notice = Notice given
label-endurance = Endurance
label-callsign = Call sign
label-aircraft_type = Aircraft type
label-frequency = Frequency
label-heading = Heading
label-speed = Speed
label-hazard = Hazard
label-reason = Reason
label-nature = Nature of emergency
label-need = Help needed
label-movement = Movement
label-persons = Persons
label-vehicles = Vehicles
label-aircraft = Number of aircraft
label-message = Message
label-party = Party
label-post = Post
label-term = Term
label-intentions = Intentions
label-remarks = Remarks (as typed)
label-text = Text (as typed)

## Words

word-PRESSURE = pressure altitude, 1013.25 hPa
word-EGM96 = above mean sea level, EGM96
word-WGS84 = above the WGS 84 ellipsoid
word-AGL = above ground
word-true = true
word-magnetic = magnetic
word-weather = weather
word-traffic = traffic
word-safety_of_flight = safety of flight
word-emergency_in_progress = emergency in progress
word-priority_operation = priority operation
word-fuel = fuel
word-technical = technical
word-crew = crew
word-airspace_not_available = airspace not available
word-coordination_incomplete = coordination not complete
word-protected_movement = protected movement
word-notice_too_late = notice given too late
word-outside_agreement = outside the agreement
word-unable_to_verify = unable to verify
word-not_authorised = not authorised
word-other = other, see remarks
word-firing = firing
word-rocket = rocket
word-debris = falling debris
word-gnss_interference = GNSS interference
word-laser = laser
word-balloon = balloon
word-drone_activity = drone activity
word-engine_failure = engine failure
word-fire = fire on board
word-fuel_shortage = minimum fuel
word-medical_emergency = medical emergency
word-structural_damage = structural damage
word-decompression = loss of cabin pressure
word-navigation_failure = navigation failure
word-position_unknown = unsure of own position
word-forced_landing = forced landing or ditching
word-crew_parachuting = crew descending by parachute
word-control_link_lost = control link lost
word-nature_unknown = nature not known
word-search_and_rescue = search and rescue
word-medical_evacuation = medical evacuation
word-landing_site = landing site
word-refuelling = refuelling
word-escort = escort
word-navigation_help = navigation assistance
word-radio_relay = radio relay
word-clear_airspace = clear airspace
word-tow = towing
word-aid_convoy = aid convoy
word-ambulance = ambulance
word-evacuation_of_civilians = evacuation of civilians
word-repair_crew = repair crew
word-inspection = inspection
word-repatriation = repatriation

## Notices

notice-operation = Notice of operation { $operation }. Time: { $window }. Levels: { $band }.
    .title = Notice of operation
notice-late-operation = Late notice: operation { $operation } begins at { $begin }. Notice given: { $notice }. Reason: { $reason }.
    .title = Late notice of operation
notice-start = Operation { $operation } has begun. Time: { $time }.
    .title = Operation begun
notice-end = Operation { $operation } has ended. Time: { $time }.
    .title = Operation ended
notice-hazard = Hazard: { $hazard }. Centre: { $position }. Radius: { $radius }. Levels: { $band }. Time: { $window }.
    .title = Notice of hazard
notice-gnss-interference = GNSS interference is expected. Do not rely on satellite navigation. Centre: { $position }. Radius: { $radius }. Time: { $window }.
    .title = GNSS interference
notice-debris = Falling debris. Centre: { $position }. Radius: { $radius }. Levels: { $band }. Expected time: { $time }.
    .title = Falling debris
notice-hazard-ended = Hazard ended: { $hazard }. Centre: { $position }. Time: { $time }.
    .title = Hazard ended
notice-movement = Protected movement: { $movement }, { $vehicles }. Route: { $route }. Time: { $window }.
    .title = Protected movement
notice-movement-ended = Protected movement ended: { $movement }. Time: { $time }.
    .title = Protected movement ended
notice-rescue = Search and rescue in progress. Centre: { $position }. Radius: { $radius }. Levels: { $band }. Time: { $window }.
    .title = Search and rescue in progress
report-position = Position report of { $callsign }: { $position }. Level: { $level }. Time: { $time }.
    .title = Position report
report-intentions = Intentions of { $callsign }. Level: { $level }. Route: { $route }.
    .title = Report of intentions
report-identity = The aircraft is identified: { $callsign }, of party { $party }.
    .title = Aircraft identified

## Changes

change-time = Change to operation { $operation }. New time: { $window }.
    .title = Change of time
change-level = Change to operation { $operation }. New levels: { $band }.
    .title = Change of levels
change-route = Change to operation { $operation }. New route: { $route }.
    .title = Change of route
change-delay = Operation { $operation } is delayed. Delay: { $delay }. New start: { $begin }.
    .title = Delay
change-cancel = Operation { $operation } is cancelled. Reason: { $reason }.
    .title = Cancellation
change-hazard = Change to hazard: { $hazard }. Centre: { $position }. Radius: { $radius }. Levels: { $band }. New time: { $window }.
    .title = Change to hazard

## Requests

request-remain-clear = Request you remain clear of the area. Centre: { $position }. Radius: { $radius }. Levels: { $band }. Time: { $window }.
    .title = Request: remain clear
request-delay = Request you delay operation { $operation }. Delay: { $delay }. New start: { $begin }.
    .title = Request: delay
request-climb = Request { $callsign } climb. New level: { $level }.
    .title = Request: climb
request-descend = Request { $callsign } descend. New level: { $level }.
    .title = Request: descend
request-maintain = Request { $callsign } maintain level. Level: { $level }.
    .title = Request: maintain level
request-heading = Request { $callsign } fly heading { $heading }.
    .title = Request: heading
request-route = Request another route for operation { $operation }. Route: { $route }.
    .title = Request: route
request-contact = Request { $callsign } contact on frequency { $frequency }.
    .title = Request: contact on frequency
request-stop-hazard = Request you stop: { $hazard }. Centre: { $position }. No later than: { $time }.
    .title = Request: stop hazard
request-position = Report the position of { $callsign }.
    .title = Request: report position
request-intentions = State the intentions of { $callsign }.
    .title = Request: state intentions
request-identity = Confirm whether this aircraft is yours. Position: { $position }. Level: { $level }. Time: { $time }.
    .title = Request: confirm identity
request-definition = State what you mean by this term: { $term }.
    .title = Request: define term

## Offers and counter-offers

offer-time = Offer for operation { $operation }. Time: { $window }.
    .title = Offer: time
offer-level = Offer for operation { $operation }. Levels: { $band }.
    .title = Offer: levels
offer-area = Offer for operation { $operation }. Centre: { $position }. Radius: { $radius }. Levels: { $band }.
    .title = Offer: area
offer-route = Offer for operation { $operation }. Route: { $route }.
    .title = Offer: route
offer-outline = Offer for operation { $operation }. Outline: { $outline }. Levels: { $band }.
    .title = Offer: outline
offer-levels = Offer for operation { $operation }. Levels: { $band }. Operation { $other_operation }: { $other_band }.
    .title = Offer: levels of both
offer-times = Offer for operation { $operation }. Time: { $window }. Operation { $other_operation }: { $other_window }.
    .title = Offer: times of both
counter-time = Counter-offer for operation { $operation }. Time: { $window }.
    .title = Counter-offer: time
counter-level = Counter-offer for operation { $operation }. Levels: { $band }.
    .title = Counter-offer: levels
counter-area = Counter-offer for operation { $operation }. Centre: { $position }. Radius: { $radius }. Levels: { $band }.
    .title = Counter-offer: area
counter-route = Counter-offer for operation { $operation }. Route: { $route }.
    .title = Counter-offer: route
counter-outline = Counter-offer for operation { $operation }. Outline: { $outline }. Levels: { $band }.
    .title = Counter-offer: outline
counter-levels = Counter-offer for operation { $operation }. Levels: { $band }. Operation { $other_operation }: { $other_band }.
    .title = Counter-offer: levels of both
counter-times = Counter-offer for operation { $operation }. Time: { $window }. Operation { $other_operation }: { $other_window }.
    .title = Counter-offer: times of both

## Answers

wilco = WILCO. We will comply.
    .title = WILCO
affirm = AFFIRM. We agree.
    .title = AFFIRM
roger = ROGER. Message received.
    .title = ROGER
unable = UNABLE. We cannot comply. Reason: { $reason }.
    .title = UNABLE
negative = NEGATIVE. We do not agree. Reason: { $reason }.
    .title = NEGATIVE

## Emergencies

mayday = MAYDAY. { $callsign } is in distress. Nature: { $nature }. Position: { $position }. Time: { $time }.
    .title = MAYDAY
pan = PAN PAN. { $callsign } has an urgent condition. Nature: { $nature }. Position: { $position }. Time: { $time }.
    .title = PAN PAN
unknown-aircraft = Unknown aircraft. Position: { $position }. Level: { $level }. Time: { $time }.
    .title = Unknown aircraft
lost-link = The control link to unmanned aircraft { $callsign } is lost. Last position: { $position }. Level: { $level }. Time: { $time }.
    .title = Lost control link
stray-aircraft = Our aircraft { $callsign } has left its route by mistake. Position: { $position }. Level: { $level }. Time: { $time }.
    .title = Stray aircraft
radio-failure = { $callsign } has lost radio communication. Last position: { $position }. Level: { $level }. Time: { $time }.
    .title = Radio failure
conflict-alert = Conflict alert. Operation { $operation } and operation { $other_operation } are about to meet. Time: { $time }.
    .title = Conflict alert
emergency-over = The emergency of { $callsign } is over. Time: { $time }.
    .title = Emergency over

## Assistance

assistance-request = Assistance is requested: { $need }. Last position: { $position }. Time: { $time }. On board: { $persons }.
    .title = Request for assistance
assistance-offer = Assistance is offered: { $need }. Acting party: { $party }. Expected arrival: { $arrival }.
    .title = Offer of assistance
assistance-corridor = Corridor for assistance. Route: { $route }. Levels: { $band }. Time: { $window }.
    .title = Corridor for assistance
assistance-under-way = Assistance is under way. Acting party: { $party }. Call sign: { $callsign }. Expected arrival: { $arrival }.
    .title = Assistance under way
assistance-complete = Assistance is complete. Recovered: { $persons }. Time: { $time }.
    .title = Assistance complete
assistance-declined = Assistance cannot be given. Reason: { $reason }.
    .title = Assistance declined

## Line test

line-test = Line test. Please answer. Time sent: { $time }.
    .title = Line test
line-test-answer = Line test received. Time received: { $time }.
    .title = Answer to line test

## Procedure

standby = STANDBY. Wait for our answer.
    .title = STANDBY
read-back = Read-back of message { $message }.
    .title = Read-back
read-back-correct = READ-BACK CORRECT. Message { $message }.
    .title = READ-BACK CORRECT
correction = Correction to message { $message }: { $remarks }.
    .title = Correction
say-again = SAY AGAIN message { $message }.
    .title = SAY AGAIN
wrong-party = Message { $message } was not meant for us.
    .title = Wrong party
passed-down = Message { $message } was passed to those who need it. Time: { $time }.
    .title = Passed down
handover = Watch handed over at post { $post }. Time: { $time }.
    .title = Handover of watch
change-line-frequency = The frequency of the line changes to { $frequency }. Time: { $time }.
    .title = Change of frequency
suspension = We suspend the agreement. Reason: { $reason }. From: { $time }.
    .title = Suspension of the agreement
resumption = We resume the agreement. From: { $time }.
    .title = Resumption of the agreement
closing = Nothing further. The dialogue is closed.
    .title = Nothing further
abort = The dialogue is aborted. Reason: { $reason }.
    .title = Abort
free-text = { $text }
    .title = Free text
