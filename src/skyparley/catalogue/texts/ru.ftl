# The catalogue in Russian. Terms after the Russian editions of ICAO Doc 4444 (PANS-ATM) and Annex 10, volume II.
# Values stand after a colon or a noun of their own, so that names and call signs need no declension.
# A native speaker who has read this file changes the next line to: review-status = reviewed by NAME on YYYY-MM-DD

review-status = unreviewed

## Values: numbers as typed, then in the other units; what is typed is never rounded

value-limit-FL = { $typed } ({ $feet } фут, { $metres } м)
value-limit-ft = { $typed } фут ({ $metres } м)
value-limit-m = { $typed } м ({ $feet } фут)
value-level = { $limit }, { $datum }
value-band = от { $lower } до { $upper }, { $datum }
value-position = { $typed } ({ $decimal }, WGS 84)
value-time = { $utc }
value-time-local = { $utc } ({ $local } местное время, { $zone })
value-window = с { $begin } до { $end }
value-distance-NM = { $typed } м. мили ({ $metres } м)
value-distance-km = { $typed } км ({ $metres } м)
value-distance-m = { $typed } м
value-speed-kt = { $typed } уз ({ $kmh } км/ч)
value-speed-kmh = { $typed } км/ч
value-speed-ms = { $typed } м/с ({ $kmh } км/ч)
value-heading = { $typed } ({ $reference })
value-frequency-MHz = { $typed } МГц
value-frequency-kHz = { $typed } кГц
value-duration-s =
    { $number ->
        [one] { $number } секунда
        [few] { $number } секунды
        [many] { $number } секунд
       *[other] { $number } секунды
    }
value-duration-min =
    { $number ->
        [one] { $number } минута
        [few] { $number } минуты
        [many] { $number } минут
       *[other] { $number } минуты
    }
value-duration-h =
    { $number ->
        [one] { $number } час
        [few] { $number } часа
        [many] { $number } часов
       *[other] { $number } часа
    }
count-persons =
    { $number ->
        [one] { $number } человек
        [few] { $number } человека
        [many] { $number } человек
       *[other] { $number } человека
    }
count-vehicles =
    { $number ->
        [one] { $number } транспортное средство
        [few] { $number } транспортных средства
        [many] { $number } транспортных средств
       *[other] { $number } транспортного средства
    }
count-aircraft =
    { $number ->
        [one] { $number } воздушное судно
        [few] { $number } воздушных судна
        [many] { $number } воздушных судов
       *[other] { $number } воздушного судна
    }
count-message = № { $number }
detail = { $label }: { $value }

## Labels of parameters

label-operation = Операция
label-other_operation = Другая операция
label-other_band = Эшелоны и высоты другой операции
label-other_window = Период другой операции
label-outline = Контур
label-window = Период
label-band = Эшелоны и высоты
label-level = Эшелон или высота
label-place = Место
label-position = Координаты
label-radius = Радиус
label-route = Маршрут
label-time = Время
label-begin = Новое начало
label-arrival = Расчётное время прибытия
label-delay = Задержка
label-notice = Срок уведомления
label-endurance = Запас топлива по времени
label-callsign = Позывной
label-aircraft_type = Тип воздушного судна
label-frequency = Частота
label-heading = Курс
label-speed = Скорость
label-hazard = Опасность
label-reason = Причина
label-nature = Характер аварийной ситуации
label-need = Необходимая помощь
label-movement = Перемещение
label-persons = Число людей
label-vehicles = Транспортные средства
label-aircraft = Количество воздушных судов
label-message = Сообщение
label-party = Сторона
label-post = Пост
label-term = Термин
label-intentions = Намерения
label-remarks = Примечания (как введено)
label-text = Текст (как введён)

## Words

word-PRESSURE = барометрическая высота, 1013,25 гПа
word-EGM96 = над средним уровнем моря, EGM96
word-WGS84 = над эллипсоидом WGS 84
word-AGL = над уровнем земли
word-true = истинный
word-magnetic = магнитный
word-weather = погодные условия
word-traffic = движение воздушных судов
word-safety_of_flight = безопасность полёта
word-emergency_in_progress = аварийная ситуация
word-priority_operation = приоритетная операция
word-fuel = топливо
word-technical = техническая причина
word-crew = экипаж
word-airspace_not_available = воздушное пространство недоступно
word-coordination_incomplete = согласование не завершено
word-protected_movement = защищённое перемещение
word-notice_too_late = уведомление поступило слишком поздно
word-outside_agreement = вне рамок соглашения
word-unable_to_verify = проверить невозможно
word-not_authorised = нет разрешения
word-other = другое, см. примечания
word-firing = стрельбы
word-rocket = ракета
word-debris = падение обломков
word-gnss_interference = помехи GNSS
word-laser = лазерное излучение
word-balloon = аэростат
word-drone_activity = полёты беспилотных аппаратов
word-engine_failure = отказ двигателя
word-fire = пожар на борту
word-fuel_shortage = минимальный запас топлива
word-medical_emergency = угроза жизни или здоровью людей на борту
word-structural_damage = повреждение конструкции
word-decompression = разгерметизация кабины
word-navigation_failure = отказ навигационного оборудования
word-position_unknown = потеря ориентировки
word-forced_landing = вынужденная посадка или приводнение
word-crew_parachuting = экипаж спускается на парашютах
word-control_link_lost = потеря линии управления
word-nature_unknown = характер неизвестен
word-search_and_rescue = поиск и спасание
word-medical_evacuation = медицинская эвакуация
word-landing_site = место посадки
word-refuelling = дозаправка
word-escort = сопровождение
word-navigation_help = навигационная помощь
word-radio_relay = ретрансляция радиосвязи
word-clear_airspace = свободное воздушное пространство
word-tow = буксировка
word-aid_convoy = гуманитарный конвой
word-ambulance = машина скорой помощи
word-evacuation_of_civilians = эвакуация гражданских лиц
word-repair_crew = ремонтная бригада
word-inspection = инспекция
word-repatriation = репатриация

## Notices

notice-operation = Уведомление: операция { $operation }. Период: { $window }. Эшелоны и высоты: { $band }.
    .title = Уведомление об операции
notice-late-operation = Позднее уведомление: операция { $operation }. Начало: { $begin }. Срок уведомления: { $notice }. Причина: { $reason }.
    .title = Позднее уведомление об операции
notice-start = Операция { $operation } началась. Время: { $time }.
    .title = Операция началась
notice-end = Операция { $operation } завершена. Время: { $time }.
    .title = Операция завершена
notice-hazard = Опасность: { $hazard }. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }. Период: { $window }.
    .title = Уведомление об опасности
notice-gnss-interference = Ожидаются помехи GNSS. Не полагайтесь на спутниковую навигацию. Центр: { $position }. Радиус: { $radius }. Период: { $window }.
    .title = Помехи GNSS
notice-debris = Падение обломков. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }. Ожидаемое время: { $time }.
    .title = Падение обломков
notice-hazard-ended = Опасность миновала: { $hazard }. Центр: { $position }. Время: { $time }.
    .title = Опасность миновала
notice-movement = Защищённое перемещение: { $movement }, { $vehicles }. Маршрут: { $route }. Период: { $window }.
    .title = Защищённое перемещение
notice-movement-ended = Защищённое перемещение завершено: { $movement }. Время: { $time }.
    .title = Защищённое перемещение завершено
notice-rescue = Ведутся поисково-спасательные работы. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }. Период: { $window }.
    .title = Ведутся поисково-спасательные работы
report-position = Донесение о местоположении. Позывной: { $callsign }. Координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Донесение о местоположении
report-intentions = Сообщение о намерениях. Позывной: { $callsign }. Эшелон или высота: { $level }. Маршрут: { $route }.
    .title = Сообщение о намерениях
report-identity = Воздушное судно опознано. Позывной: { $callsign }. Сторона: { $party }.
    .title = Воздушное судно опознано

## Changes

change-time = Изменение: операция { $operation }. Новый период: { $window }.
    .title = Изменение времени
change-level = Изменение: операция { $operation }. Новые эшелоны и высоты: { $band }.
    .title = Изменение эшелонов и высот
change-route = Изменение: операция { $operation }. Новый маршрут: { $route }.
    .title = Изменение маршрута
change-delay = Операция { $operation } задерживается. Задержка: { $delay }. Новое начало: { $begin }.
    .title = Задержка
change-cancel = Операция { $operation } отменена. Причина: { $reason }.
    .title = Отмена
change-hazard = Изменение сведений об опасности: { $hazard }. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }. Новый период: { $window }.
    .title = Изменение сведений об опасности

## Requests

request-remain-clear = Просим не входить в район. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }. Период: { $window }.
    .title = Запрос: не входить в район
request-delay = Просим задержать: операция { $operation }. Задержка: { $delay }. Новое начало: { $begin }.
    .title = Запрос: задержать
request-climb = Просим набрать высоту. Позывной: { $callsign }. Новый эшелон или высота: { $level }.
    .title = Запрос: набрать высоту
request-descend = Просим снизиться. Позывной: { $callsign }. Новый эшелон или высота: { $level }.
    .title = Запрос: снизиться
request-maintain = Просим сохранять эшелон или высоту. Позывной: { $callsign }. Эшелон или высота: { $level }.
    .title = Запрос: сохранять эшелон или высоту
request-heading = Просим взять курс. Позывной: { $callsign }. Курс: { $heading }.
    .title = Запрос: курс
request-route = Просим другой маршрут: операция { $operation }. Маршрут: { $route }.
    .title = Запрос: маршрут
request-contact = Просим выйти на связь. Позывной: { $callsign }. Частота: { $frequency }.
    .title = Запрос: выйти на связь на частоте
request-stop-hazard = Просим прекратить: { $hazard }. Центр: { $position }. Не позднее: { $time }.
    .title = Запрос: прекратить опасную деятельность
request-position = Сообщите местоположение. Позывной: { $callsign }.
    .title = Запрос: сообщить местоположение
request-intentions = Сообщите намерения. Позывной: { $callsign }.
    .title = Запрос: сообщить намерения
request-identity = Подтвердите, ваше ли это воздушное судно. Координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Запрос: подтвердить принадлежность
request-definition = Сообщите, что вы понимаете под термином: { $term }.
    .title = Запрос: определить термин

## Offers and counter-offers

offer-time = Предложение: операция { $operation }. Период: { $window }.
    .title = Предложение: время
offer-level = Предложение: операция { $operation }. Эшелоны и высоты: { $band }.
    .title = Предложение: эшелоны и высоты
offer-area = Предложение: операция { $operation }. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }.
    .title = Предложение: район
offer-route = Предложение: операция { $operation }. Маршрут: { $route }.
    .title = Предложение: маршрут
offer-outline = Предложение: операция { $operation }. Контур: { $outline }. Эшелоны и высоты: { $band }.
    .title = Предложение: контур
offer-levels = Предложение: операция { $operation }. Эшелоны и высоты: { $band }. Операция { $other_operation }: { $other_band }.
    .title = Предложение: эшелоны и высоты обеих операций
offer-times = Предложение: операция { $operation }. Период: { $window }. Операция { $other_operation }: { $other_window }.
    .title = Предложение: время обеих операций
counter-time = Встречное предложение: операция { $operation }. Период: { $window }.
    .title = Встречное предложение: время
counter-level = Встречное предложение: операция { $operation }. Эшелоны и высоты: { $band }.
    .title = Встречное предложение: эшелоны и высоты
counter-area = Встречное предложение: операция { $operation }. Центр: { $position }. Радиус: { $radius }. Эшелоны и высоты: { $band }.
    .title = Встречное предложение: район
counter-route = Встречное предложение: операция { $operation }. Маршрут: { $route }.
    .title = Встречное предложение: маршрут
counter-outline = Встречное предложение: операция { $operation }. Контур: { $outline }. Эшелоны и высоты: { $band }.
    .title = Встречное предложение: контур
counter-levels = Встречное предложение: операция { $operation }. Эшелоны и высоты: { $band }. Операция { $other_operation }: { $other_band }.
    .title = Встречное предложение: эшелоны и высоты обеих операций
counter-times = Встречное предложение: операция { $operation }. Период: { $window }. Операция { $other_operation }: { $other_window }.
    .title = Встречное предложение: время обеих операций

## Answers

wilco = ВЫПОЛНЯЮ. Указание принято к исполнению.
    .title = ВЫПОЛНЯЮ (WILCO)
affirm = ПОДТВЕРЖДАЮ. Мы согласны.
    .title = ПОДТВЕРЖДАЮ (AFFIRM)
roger = ВАС ПОНЯЛ. Сообщение принято.
    .title = ВАС ПОНЯЛ (ROGER)
unable = НЕ МОГУ ВЫПОЛНИТЬ. Причина: { $reason }.
    .title = НЕ МОГУ ВЫПОЛНИТЬ (UNABLE)
negative = НЕТ. Мы не согласны. Причина: { $reason }.
    .title = НЕТ (NEGATIVE)

## Emergencies

mayday = MAYDAY. Воздушное судно терпит бедствие. Позывной: { $callsign }. Характер: { $nature }. Координаты: { $position }. Время: { $time }.
    .title = MAYDAY (бедствие)
pan = PAN PAN. Срочность. Позывной: { $callsign }. Характер: { $nature }. Координаты: { $position }. Время: { $time }.
    .title = PAN PAN (срочность)
unknown-aircraft = Неизвестное воздушное судно. Координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Неизвестное воздушное судно
lost-link = Потеряна линия управления беспилотным воздушным судном. Позывной: { $callsign }. Последние координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Потеря линии управления
stray-aircraft = Наше воздушное судно по ошибке отклонилось от маршрута. Позывной: { $callsign }. Координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Отклонившееся воздушное судно
radio-failure = Воздушное судно потеряло радиосвязь. Позывной: { $callsign }. Последние координаты: { $position }. Эшелон или высота: { $level }. Время: { $time }.
    .title = Потеря радиосвязи
conflict-alert = Предупреждение о конфликте. Операция { $operation } и операция { $other_operation } сближаются. Время: { $time }.
    .title = Предупреждение о конфликте
emergency-over = Аварийная ситуация завершена. Позывной: { $callsign }. Время: { $time }.
    .title = Аварийная ситуация завершена

## Assistance

assistance-request = Требуется помощь: { $need }. Последние координаты: { $position }. Время: { $time }. На борту: { $persons }.
    .title = Запрос помощи
assistance-offer = Предлагается помощь: { $need }. Действующая сторона: { $party }. Расчётное время прибытия: { $arrival }.
    .title = Предложение помощи
assistance-corridor = Коридор для оказания помощи. Маршрут: { $route }. Эшелоны и высоты: { $band }. Период: { $window }.
    .title = Коридор для оказания помощи
assistance-under-way = Помощь в пути. Действующая сторона: { $party }. Позывной: { $callsign }. Расчётное время прибытия: { $arrival }.
    .title = Помощь в пути
assistance-complete = Оказание помощи завершено. Спасено: { $persons }. Время: { $time }.
    .title = Оказание помощи завершено
assistance-declined = Оказать помощь невозможно. Причина: { $reason }.
    .title = Отказ в помощи

## Line test

line-test = Проверка линии связи. Просим ответить. Время отправки: { $time }.
    .title = Проверка линии связи
line-test-answer = Проверка линии связи принята. Время приёма: { $time }.
    .title = Ответ на проверку линии связи

## Procedure

standby = ЖДИТЕ нашего ответа.
    .title = ЖДИТЕ (STANDBY)
read-back = Повторение для проверки. Сообщение { $message }.
    .title = Повторение для проверки (READ BACK)
read-back-correct = Повторено верно. Сообщение { $message }.
    .title = Повторено верно (READ-BACK CORRECT)
correction = ПОПРАВКА. Сообщение { $message }: { $remarks }.
    .title = ПОПРАВКА
say-again = ПОВТОРИТЕ сообщение { $message }.
    .title = ПОВТОРИТЕ (SAY AGAIN)
wrong-party = Сообщение { $message } предназначено не нам.
    .title = Не тот адресат
passed-down = Сообщение { $message } передано тем, кому оно необходимо. Время: { $time }.
    .title = Передано исполнителям
handover = Дежурство передано. Пост: { $post }. Время: { $time }.
    .title = Передача дежурства
change-line-frequency = Смена частоты линии связи. Новая частота: { $frequency }. Время: { $time }.
    .title = Смена частоты
suspension = Мы приостанавливаем действие соглашения. Причина: { $reason }. Начиная с: { $time }.
    .title = Приостановление соглашения
resumption = Мы возобновляем действие соглашения. Начиная с: { $time }.
    .title = Возобновление соглашения
closing = Больше ничего нет. Диалог закрыт.
    .title = Больше ничего нет
abort = Диалог прерван. Причина: { $reason }.
    .title = Прерывание
free-text = { $text }
    .title = Свободный текст
