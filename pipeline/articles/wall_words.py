"""The words by which pages say that they are not the article, in the languages of most of the web's news.

In: nothing. Out: `WORDS`: for each kind of page, a pattern that finds its words in folded text. Hides nothing. They
are looked for only on pages that have next to no text and a telling structure (gate.py), since news about cookies and
passwords use them too. Trap: stems, not words; one stem must not begin a common word of another language.
"""

import re

from pipeline.model import Reason

_CONSENT = """
    cookie privacy partner consent personali advertis vendor measure_audiences
    datenschutz zustimm einwillig einverstanden werbung verarbeit
    confidentialit consent accepter traceur publicit finalités
    galletas privacidad acept consentimiento publicidad finalidades
    aceitar consentimento anúncios
    informativa accett consenso pubblicit
    toestemming accepter advertenti voorkeuren
    samtyck godkänn annons samtykk
    zgod prywatnoś reklam zaakceptuj ciastecz
    souhlas soukrom přijmout
    куки файлы_cookie соглас конфиденциал персональн
    çerez gizlilik kabul onay
    ملفات_تعريف الارتباط الخصوصية موافق أوافق
    隐私 同意 接受 クッキー 同意する プライバシー 쿠키 개인정보 동의
"""
_BOT = """
    robot captcha verify_you verifying unusual_traffic automated human security_check checking_your_browser
    enable_javascript access_denied ray_id ddos just_a_moment bot_detection
    roboter mensch_sind sicherheitsprüfung überprüf zugriff_verweigert
    humain vérifi accès_refusé automatis
    humano verific acceso_denegado tráfico
    umano accesso_negato
    menselijk menneske människa
    człowiekiem weryfik
    робот человек проверк доступ_ограничен капч
    insan doğrula
    روبوت التحقق
    机器人 验证 人机 ロボット 認証 로봇 확인
"""
_LOGIN = """
    log_in login sign_in password forgot remember_me username create_an_account register
    anmeld einlogg passwort kennwort benutzername registrier vergessen
    connexion connecter mot_de_passe identifi inscri oublié
    iniciar_sesión contraseña usuario regístr olvid
    iniciar_sessão entrar senha palavra-passe cadastr esquec
    accedi password_dimenticata registrati
    inloggen wachtwoord vergeten aanmelden
    logga_in lösenord glömt adgangskode kodeord passord
    zaloguj hasło zarejestruj
    přihlásit heslo
    войти вход пароль логин зарегистр забыл
    giriş şifre parola kayıt
    تسجيل كلمة_المرور الدخول
    登录 密码 注册 ログイン パスワード 로그인 비밀번호
"""
_PAYWALL = """
    subscri to_continue_reading subscribers_only paywall already_a free_trial unlimited_access full_access premium
    abonn weiterlesen abo_ bereits_abonnent testen jetzt_lesen digitalabo
    réservé_aux abonnez lire_la_suite déjà_abonné
    suscrí suscript suscrib seguir_leyendo exclusivo_para
    assinante assine continuar_lendo
    abbonat abbonament continua_a_leggere
    verder_lezen abonnee
    prenumer läsa_vidare
    subskryp prenumerat czytaj_dalej
    předplat
    подпис продолжить_чтение
    abone
    اشترك المشتركين
    订阅 会员 購読 有料会員 会員限定 구독
"""
_MISSING = """
    404 not_found page_not_found no_longer_available doesn't_exist does_not_exist can't_find cannot_be_found
    couldn't_find has_been_removed
    nicht_gefunden existiert_nicht nicht_mehr_verfügbar seite_fehlt
    introuvable n'existe n'est_plus_disponible
    no_encontrad no_existe ya_no_está_disponible no_se_ha_encontrado no_se_encuentra
    não_encontrad não_existe
    non_trovat non_esiste non_è_più_disponibile
    niet_gevonden bestaat_niet
    hittades_inte finns_inte ikke_fundet ikke_funnet
    nie_znalezion nie_istnieje
    nenalezen neexistuje
    не_найден не_существует удален
    bulunamadı mevcut_değil
    غير_موجود لم_يتم_العثور
    找不到 不存在 见つかりません 見つかりません 찾을_수_없
"""


def _pattern(stems: str) -> re.Pattern[str]:
    """Find each stem at the beginning of a word; in scripts without spaces anywhere."""
    found = sorted({stem.replace("_", " ").strip() for stem in stems.split()}, key=len, reverse=True)
    spaced = [re.escape(stem) for stem in found if stem.isascii() or not _has_no_spaces(stem)]
    close = [re.escape(stem) for stem in found if _has_no_spaces(stem)]
    return re.compile(rf"(?<!\w)(?:ال|و)?(?:{'|'.join(spaced)})|(?:{'|'.join(close)})")


def _has_no_spaces(stem: str) -> bool:
    return any("\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in stem)


WORDS = {
    Reason.CONSENT_WALL: _pattern(_CONSENT),
    Reason.BOT_CHECK: _pattern(_BOT),
    Reason.LOGIN_WALL: _pattern(_LOGIN),
    Reason.PAYWALL: _pattern(_PAYWALL),
    Reason.SOFT_404: _pattern(_MISSING),
}


def count_words(kind: Reason, folded: str) -> int:
    """Count the different words of a kind in folded text."""
    return len(set(WORDS[kind].findall(folded)))
