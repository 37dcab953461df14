# The catalogue in Arabic. Terms after the Arabic editions of ICAO Doc 4444 (PANS-ATM) and Annex 10, volume II.
# Digits stay ASCII, so that both sides of a read-back see the same ones; each value is isolated from the line around it.
# A native speaker who has read this file changes the next line to: review-status = reviewed by NAME on YYYY-MM-DD

review-status = unreviewed

## Values: numbers as typed, then in the other units; what is typed is never rounded

value-limit-FL = { $typed } ({ $feet } قدم، { $metres } متر)
value-limit-ft = { $typed } قدم ({ $metres } متر)
value-limit-m = { $typed } متر ({ $feet } قدم)
value-level = { $limit }، { $datum }
value-band = من { $lower } إلى { $upper }، { $datum }
value-position = { $typed } ({ $decimal }، WGS 84)
value-time = { $utc }
value-time-local = { $utc } ({ $local } بالتوقيت المحلي، { $zone })
value-window = من { $begin } إلى { $end }
value-distance-NM = { $typed } ميل بحري ({ $metres } متر)
value-distance-km = { $typed } كيلومتر ({ $metres } متر)
value-distance-m = { $typed } متر
value-speed-kt = { $typed } عقدة ({ $kmh } كم/ساعة)
value-speed-kmh = { $typed } كم/ساعة
value-speed-ms = { $typed } م/ثانية ({ $kmh } كم/ساعة)
value-heading = { $typed } ({ $reference })
value-frequency-MHz = { $typed } ميغاهرتز
value-frequency-kHz = { $typed } كيلوهرتز
value-duration-s =
    { $number ->
        [zero] { $number } ثانية
        [one] ثانية واحدة ({ $number })
        [two] ثانيتان ({ $number })
        [few] { $number } ثوانٍ
        [many] { $number } ثانية
       *[other] { $number } ثانية
    }
value-duration-min =
    { $number ->
        [zero] { $number } دقيقة
        [one] دقيقة واحدة ({ $number })
        [two] دقيقتان ({ $number })
        [few] { $number } دقائق
        [many] { $number } دقيقة
       *[other] { $number } دقيقة
    }
value-duration-h =
    { $number ->
        [zero] { $number } ساعة
        [one] ساعة واحدة ({ $number })
        [two] ساعتان ({ $number })
        [few] { $number } ساعات
        [many] { $number } ساعة
       *[other] { $number } ساعة
    }
count-persons =
    { $number ->
        [zero] لا أحد ({ $number })
        [one] شخص واحد ({ $number })
        [two] شخصان ({ $number })
        [few] { $number } أشخاص
        [many] { $number } شخصًا
       *[other] { $number } شخص
    }
count-vehicles =
    { $number ->
        [zero] لا مركبات ({ $number })
        [one] مركبة واحدة ({ $number })
        [two] مركبتان ({ $number })
        [few] { $number } مركبات
        [many] { $number } مركبةً
       *[other] { $number } مركبة
    }
count-aircraft =
    { $number ->
        [zero] لا طائرات ({ $number })
        [one] طائرة واحدة ({ $number })
        [two] طائرتان ({ $number })
        [few] { $number } طائرات
        [many] { $number } طائرةً
       *[other] { $number } طائرة
    }
count-message = رقم { $number }
detail = { $label }: { $value }

## Labels of parameters

label-operation = العملية
label-other_operation = العملية الأخرى
label-other_band = مستويات العملية الأخرى
label-other_window = الفترة الزمنية للعملية الأخرى
label-outline = الحدود
label-window = الفترة الزمنية
label-band = المستويات
label-level = المستوى
label-place = المكان
label-position = الموقع
label-radius = نصف القطر
label-route = المسار
label-time = الوقت
label-begin = وقت البدء الجديد
label-arrival = وقت الوصول المتوقع
label-delay = مدة التأخير
label-notice = مدة الإشعار المسبق
label-endurance = مدة التحليق الممكنة بالوقود المتبقي
label-callsign = رمز النداء
label-aircraft_type = طراز الطائرة
label-frequency = التردد
label-heading = اتجاه الطائرة
label-speed = السرعة
label-hazard = الخطر
label-reason = السبب
label-nature = طبيعة الطوارئ
label-need = المساعدة المطلوبة
label-movement = التحرك
label-persons = الأشخاص
label-vehicles = المركبات
label-aircraft = عدد الطائرات
label-message = الرسالة
label-party = الطرف
label-post = مركز المناوبة
label-term = المصطلح
label-intentions = النوايا
label-remarks = ملاحظات (كما كُتبت)
label-text = النص (كما كُتب)

## Words

word-PRESSURE = ارتفاع ضغطي، 1013.25 هكتوباسكال
word-EGM96 = فوق متوسط مستوى سطح البحر، EGM96
word-WGS84 = فوق المجسم الإهليلجي WGS 84
word-AGL = فوق سطح الأرض
word-true = حقيقي
word-magnetic = مغناطيسي
word-weather = الأحوال الجوية
word-traffic = حركة الطيران
word-safety_of_flight = سلامة الطيران
word-emergency_in_progress = حالة طوارئ جارية
word-priority_operation = عملية ذات أولوية
word-fuel = الوقود
word-technical = سبب فني
word-crew = الطاقم
word-airspace_not_available = المجال الجوي غير متاح
word-coordination_incomplete = التنسيق غير مكتمل
word-protected_movement = تحرك محمي
word-notice_too_late = الإشعار متأخر جدًا
word-outside_agreement = خارج نطاق الاتفاق
word-unable_to_verify = تعذر التحقق
word-not_authorised = غير مصرح به
word-other = سبب آخر، انظر الملاحظات
word-firing = رماية
word-rocket = صاروخ
word-debris = حطام متساقط
word-gnss_interference = تداخل على إشارات GNSS
word-laser = ليزر
word-balloon = منطاد
word-drone_activity = نشاط طائرات بدون طيار
word-engine_failure = عطل في المحرك
word-fire = حريق على متن الطائرة
word-fuel_shortage = الحد الأدنى من الوقود
word-medical_emergency = حالة طبية طارئة
word-structural_damage = ضرر في هيكل الطائرة
word-decompression = فقدان الضغط في المقصورة
word-navigation_failure = عطل في الملاحة
word-position_unknown = عدم التأكد من الموقع
word-forced_landing = هبوط اضطراري على البر أو الماء
word-crew_parachuting = الطاقم يهبط بالمظلات
word-control_link_lost = فقدان وصلة التحكم
word-nature_unknown = الطبيعة غير معروفة
word-search_and_rescue = البحث والإنقاذ
word-medical_evacuation = إخلاء طبي
word-landing_site = موقع هبوط
word-refuelling = تزويد بالوقود
word-escort = مرافقة
word-navigation_help = مساعدة ملاحية
word-radio_relay = ترحيل الاتصالات اللاسلكية
word-clear_airspace = إخلاء المجال الجوي
word-tow = قَطْر
word-aid_convoy = قافلة مساعدات إنسانية
word-ambulance = سيارة إسعاف
word-evacuation_of_civilians = إجلاء المدنيين
word-repair_crew = فريق إصلاح
word-inspection = تفتيش
word-repatriation = إعادة إلى الوطن

## Notices

notice-operation = إشعار بالعملية { $operation }. الفترة الزمنية: { $window }. المستويات: { $band }.
    .title = إشعار بعملية
notice-late-operation = إشعار متأخر: تبدأ العملية { $operation } في: { $begin }. مدة الإشعار المسبق: { $notice }. السبب: { $reason }.
    .title = إشعار متأخر بعملية
notice-start = بدأت العملية { $operation }. الوقت: { $time }.
    .title = بدء العملية
notice-end = انتهت العملية { $operation }. الوقت: { $time }.
    .title = انتهاء العملية
notice-hazard = خطر: { $hazard }. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }. الفترة الزمنية: { $window }.
    .title = إشعار بخطر
notice-gnss-interference = يُتوقع تداخل على إشارات GNSS. لا تعتمدوا على الملاحة بالأقمار الصناعية. المركز: { $position }. نصف القطر: { $radius }. الفترة الزمنية: { $window }.
    .title = تداخل على إشارات GNSS
notice-debris = حطام متساقط. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }. الوقت المتوقع: { $time }.
    .title = حطام متساقط
notice-hazard-ended = انتهى الخطر: { $hazard }. المركز: { $position }. الوقت: { $time }.
    .title = انتهاء الخطر
notice-movement = تحرك محمي: { $movement }، { $vehicles }. المسار: { $route }. الفترة الزمنية: { $window }.
    .title = تحرك محمي
notice-movement-ended = انتهى التحرك المحمي: { $movement }. الوقت: { $time }.
    .title = انتهاء التحرك المحمي
notice-rescue = عملية بحث وإنقاذ جارية. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }. الفترة الزمنية: { $window }.
    .title = بحث وإنقاذ جاريان
report-position = تقرير موقع { $callsign }: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = تقرير الموقع
report-intentions = نوايا { $callsign }. المستوى: { $level }. المسار: { $route }.
    .title = بيان النوايا
report-identity = تم التعرف على الطائرة: { $callsign }، التابعة للطرف { $party }.
    .title = تم التعرف على الطائرة

## Changes

change-time = تعديل العملية { $operation }. الفترة الزمنية الجديدة: { $window }.
    .title = تعديل الوقت
change-level = تعديل العملية { $operation }. المستويات الجديدة: { $band }.
    .title = تعديل المستويات
change-route = تعديل العملية { $operation }. المسار الجديد: { $route }.
    .title = تعديل المسار
change-delay = تأخرت العملية { $operation }. مدة التأخير: { $delay }. وقت البدء الجديد: { $begin }.
    .title = تأخير
change-cancel = أُلغيت العملية { $operation }. السبب: { $reason }.
    .title = إلغاء
change-hazard = تعديل الخطر: { $hazard }. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }. الفترة الزمنية الجديدة: { $window }.
    .title = تعديل الخطر

## Requests

request-remain-clear = نطلب البقاء خارج المنطقة. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }. الفترة الزمنية: { $window }.
    .title = طلب: البقاء خارج المنطقة
request-delay = نطلب تأخير العملية { $operation }. مدة التأخير: { $delay }. وقت البدء الجديد: { $begin }.
    .title = طلب: تأخير
request-climb = نطلب صعود { $callsign }. المستوى الجديد: { $level }.
    .title = طلب: الصعود
request-descend = نطلب نزول { $callsign }. المستوى الجديد: { $level }.
    .title = طلب: النزول
request-maintain = نطلب محافظة { $callsign } على المستوى. المستوى: { $level }.
    .title = طلب: المحافظة على المستوى
request-heading = نطلب أن تتخذ { $callsign } الاتجاه { $heading }.
    .title = طلب: الاتجاه
request-route = نطلب مسارًا آخر للعملية { $operation }. المسار: { $route }.
    .title = طلب: المسار
request-contact = نطلب أن تتصل { $callsign } على التردد { $frequency }.
    .title = طلب: الاتصال على تردد
request-stop-hazard = نطلب إيقاف: { $hazard }. المركز: { $position }. في موعد أقصاه: { $time }.
    .title = طلب: إيقاف الخطر
request-position = أبلغوا عن موقع { $callsign }.
    .title = طلب: الإبلاغ عن الموقع
request-intentions = بيّنوا نوايا { $callsign }.
    .title = طلب: بيان النوايا
request-identity = أكدوا هل هذه الطائرة تابعة لكم. الموقع: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = طلب: تأكيد الهوية
request-definition = بيّنوا ما تقصدونه بهذا المصطلح: { $term }.
    .title = طلب: تعريف مصطلح

## Offers and counter-offers

offer-time = عرض بشأن العملية { $operation }. الفترة الزمنية: { $window }.
    .title = عرض: الوقت
offer-level = عرض بشأن العملية { $operation }. المستويات: { $band }.
    .title = عرض: المستويات
offer-area = عرض بشأن العملية { $operation }. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }.
    .title = عرض: المنطقة
offer-route = عرض بشأن العملية { $operation }. المسار: { $route }.
    .title = عرض: المسار
offer-outline = عرض بشأن العملية { $operation }. الحدود: { $outline }. المستويات: { $band }.
    .title = عرض: الحدود
offer-levels = عرض بشأن العملية { $operation }. المستويات: { $band }. العملية { $other_operation }: { $other_band }.
    .title = عرض: مستويات العمليتين
offer-times = عرض بشأن العملية { $operation }. الفترة الزمنية: { $window }. العملية { $other_operation }: { $other_window }.
    .title = عرض: وقت العمليتين
counter-time = عرض مقابل بشأن العملية { $operation }. الفترة الزمنية: { $window }.
    .title = عرض مقابل: الوقت
counter-level = عرض مقابل بشأن العملية { $operation }. المستويات: { $band }.
    .title = عرض مقابل: المستويات
counter-area = عرض مقابل بشأن العملية { $operation }. المركز: { $position }. نصف القطر: { $radius }. المستويات: { $band }.
    .title = عرض مقابل: المنطقة
counter-route = عرض مقابل بشأن العملية { $operation }. المسار: { $route }.
    .title = عرض مقابل: المسار
counter-outline = عرض مقابل بشأن العملية { $operation }. الحدود: { $outline }. المستويات: { $band }.
    .title = عرض مقابل: الحدود
counter-levels = عرض مقابل بشأن العملية { $operation }. المستويات: { $band }. العملية { $other_operation }: { $other_band }.
    .title = عرض مقابل: مستويات العمليتين
counter-times = عرض مقابل بشأن العملية { $operation }. الفترة الزمنية: { $window }. العملية { $other_operation }: { $other_window }.
    .title = عرض مقابل: وقت العمليتين

## Answers

wilco = سننفذ. سنمتثل لما طُلب.
    .title = سننفذ (WILCO)
affirm = نعم. نحن موافقون.
    .title = نعم (AFFIRM)
roger = عُلم. تم استلام الرسالة.
    .title = عُلم (ROGER)
unable = يتعذر. لا يمكننا التنفيذ. السبب: { $reason }.
    .title = يتعذر (UNABLE)
negative = لا. نحن غير موافقين. السبب: { $reason }.
    .title = لا (NEGATIVE)

## Emergencies

mayday = MAYDAY. استغاثة: { $callsign } في خطر. طبيعة الطوارئ: { $nature }. الموقع: { $position }. الوقت: { $time }.
    .title = استغاثة (MAYDAY)
pan = PAN PAN. حالة عاجلة: { $callsign }. طبيعة الطوارئ: { $nature }. الموقع: { $position }. الوقت: { $time }.
    .title = حالة عاجلة (PAN PAN)
unknown-aircraft = طائرة مجهولة. الموقع: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = طائرة مجهولة
lost-link = فُقدت وصلة التحكم بالطائرة بدون طيار { $callsign }. آخر موقع: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = فقدان وصلة التحكم
stray-aircraft = خرجت طائرتنا { $callsign } عن مسارها خطأً. الموقع: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = طائرة تائهة
radio-failure = فقدت { $callsign } الاتصال اللاسلكي. آخر موقع: { $position }. المستوى: { $level }. الوقت: { $time }.
    .title = انقطاع الاتصال اللاسلكي
conflict-alert = تنبيه بالتعارض. العملية { $operation } والعملية { $other_operation } على وشك الالتقاء. الوقت: { $time }.
    .title = تنبيه بالتعارض
emergency-over = انتهت حالة طوارئ { $callsign }. الوقت: { $time }.
    .title = انتهاء الطوارئ

## Assistance

assistance-request = نطلب المساعدة: { $need }. آخر موقع: { $position }. الوقت: { $time }. على المتن: { $persons }.
    .title = طلب مساعدة
assistance-offer = نعرض المساعدة: { $need }. الطرف المنفذ: { $party }. وقت الوصول المتوقع: { $arrival }.
    .title = عرض مساعدة
assistance-corridor = ممر للمساعدة. المسار: { $route }. المستويات: { $band }. الفترة الزمنية: { $window }.
    .title = ممر للمساعدة
assistance-under-way = المساعدة في الطريق. الطرف المنفذ: { $party }. رمز النداء: { $callsign }. وقت الوصول المتوقع: { $arrival }.
    .title = المساعدة في الطريق
assistance-complete = اكتملت المساعدة. تم إنقاذ: { $persons }. الوقت: { $time }.
    .title = اكتمال المساعدة
assistance-declined = لا يمكن تقديم المساعدة. السبب: { $reason }.
    .title = رفض المساعدة

## Line test

line-test = اختبار الخط. نرجو الرد. وقت الإرسال: { $time }.
    .title = اختبار الخط
line-test-answer = تم استلام اختبار الخط. وقت الاستلام: { $time }.
    .title = الرد على اختبار الخط

## Procedure

standby = انتظروا ردنا.
    .title = انتظروا (STANDBY)
read-back = ترديد الرسالة { $message }.
    .title = ترديد (READ BACK)
read-back-correct = الترديد صحيح. الرسالة { $message }.
    .title = الترديد صحيح (READ-BACK CORRECT)
correction = تصحيح الرسالة { $message }: { $remarks }.
    .title = تصحيح
say-again = أعيدوا الرسالة { $message }.
    .title = أعيدوا (SAY AGAIN)
wrong-party = الرسالة { $message } لم تكن موجهة إلينا.
    .title = جهة خاطئة
passed-down = أُبلغت الرسالة { $message } إلى من يحتاج إليها. الوقت: { $time }.
    .title = أُبلغت إلى المنفذين
handover = تم تسليم المناوبة في المركز { $post }. الوقت: { $time }.
    .title = تسليم المناوبة
change-line-frequency = يتغير تردد الخط إلى { $frequency }. الوقت: { $time }.
    .title = تغيير التردد
suspension = نعلّق العمل بالاتفاق. السبب: { $reason }. ابتداءً من: { $time }.
    .title = تعليق الاتفاق
resumption = نستأنف العمل بالاتفاق. ابتداءً من: { $time }.
    .title = استئناف الاتفاق
closing = لا مزيد. أُغلق الحوار.
    .title = لا مزيد
abort = قُطع الحوار. السبب: { $reason }.
    .title = قطع الحوار
free-text = { $text }
    .title = نص حر
