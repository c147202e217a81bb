"""Two events in each of five languages, each told by two outlets in words of their own; invented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """Two reports of one event, and one of another of the same kind elsewhere."""

    one: tuple[str, str]  #: title and text
    other: tuple[str, str]  #: the same event
    elsewhere: tuple[str, str]  #: the same kind of event at another place


LANGUAGES = {
    "en": Told(
        (
            "Dam at Velin gives way after week of rain",
            (
                "The Velin dam broke on Sunday night. Water two metres deep ran through the streets of Lower "
                "Ostrava; the mayor, Ilse Marek, said eleven people were missing. Rain had fallen for a week and "
                "the spillway was blocked."
            ),
        ),
        (
            "Eleven missing below broken Velin dam",
            (
                "Rescuers searched Lower Ostrava by boat on Monday for eleven residents, hours after the dam at "
                "Velin failed. Mayor Ilse Marek blamed a blocked spillway; engineers had warned of it in spring."
            ),
        ),
        (
            "Dam near Quessant breaks, village flooded",
            (
                "A dam above Quessant burst on Sunday. The village of Port Lannic stands under water; prefect "
                "Yann Kerlo counted three injured. A landslide had hit the wall, the power company said."
            ),
        ),
    ),
    "de": Told(
        (
            "Staudamm von Velin gebrochen",
            (
                "Der Staudamm von Velin ist in der Nacht zum Montag gebrochen. In Unterostrau stand das Wasser "
                "zwei Meter hoch, elf Menschen werden vermisst, sagte Bürgermeisterin Ilse Marek. Der Überlauf "
                "war verstopft."
            ),
        ),
        (
            "Elf Vermisste nach Bruch des Staudamms von Velin",
            (
                "Mit Booten suchen Retter in Unterostrau nach elf Vermissten. Der Staudamm von Velin hatte dem "
                "Regen nicht standgehalten; Ilse Marek, die Bürgermeisterin, spricht von einem verstopften "
                "Überlauf."
            ),
        ),
        (
            "Damm bei Quessant bricht",
            (
                "Oberhalb von Quessant ist am Sonntag ein Damm geborsten. Das Dorf Port Lannic steht unter "
                "Wasser, Präfekt Yann Kerlo zählt drei Verletzte. Ein Erdrutsch habe die Mauer getroffen, teilte "
                "der Stromkonzern mit."
            ),
        ),
    ),
    "ru": Told(
        (
            "В Велине прорвало плотину",
            (
                "Плотину в Велине прорвало в ночь на понедельник. Улицы Нижней Остравы залило на два метра, "
                "пропали одиннадцать человек, сообщила мэр Ильзе Марек. Водосброс был засорён."
            ),
        ),
        (
            "После прорыва плотины в Велине ищут одиннадцать пропавших",
            (
                "Спасатели на лодках ищут в Нижней Остраве одиннадцать жителей. Мэр Ильзе Марек винит засорённый "
                "водосброс: плотина в Велине не выдержала недели дождей."
            ),
        ),
        (
            "Прорвана плотина у Кессана",
            (
                "Выше Кессана в воскресенье разрушилась плотина. Деревня Пор-Ланник стоит в воде, префект Ян "
                "Керло говорит о трёх раненых. По стене ударил оползень, заявила энергокомпания."
            ),
        ),
    ),
    "ar": Told(
        (
            "انهيار سد فيلين بعد أسبوع من المطر",
            (
                "انهار سد فيلين ليل الأحد وغمرت المياه شوارع أوسترافا السفلى. وقالت رئيسة البلدية إلزه ماريك إن "
                "أحد عشر شخصا في عداد المفقودين، وإن قناة التصريف كانت مسدودة."
            ),
        ),
        (
            "أحد عشر مفقودا بعد انهيار سد فيلين",
            (
                "بحث رجال الإنقاذ بالقوارب في أوسترافا السفلى عن أحد عشر من السكان بعد ساعات من انهيار سد فيلين. "
                "واتهمت إلزه ماريك رئيسة البلدية قناة التصريف المسدودة."
            ),
        ),
        (
            "انهيار سد قرب كيسان",
            (
                "انفجر يوم الأحد سد يقع فوق كيسان، وغرقت قرية بور لانيك. وأحصى المحافظ يان كيرلو ثلاثة جرحى، "
                "وقالت شركة الكهرباء إن انزلاقا أرضيا أصاب الجدار."
            ),
        ),
    ),
    "zh": Told(
        (
            "连日暴雨后维林大坝决口",
            "维林大坝星期日夜间决口，下奥斯特拉瓦街道积水两米。市长伊尔泽·马雷克说，十一人失踪。降雨持续一周，溢洪道被堵塞。",
        ),
        (
            "维林大坝决口后十一人失踪",
            "救援人员星期一乘船在下奥斯特拉瓦搜寻十一名失踪居民。市长伊尔泽·马雷克指责溢洪道被堵塞，工程师春天就提出过警告。",
        ),
        (
            "凯桑附近水坝垮塌",
            "凯桑上游一座水坝星期日垮塌，兰尼克港村被淹。省长扬·凯尔洛称三人受伤。电力公司表示山体滑坡击中了坝墙。",
        ),
    ),
}
