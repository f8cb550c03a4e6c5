"""Pages for everybody, and the language switch that Django brings."""

from django.urls import include, path

from portal import robots, sitemaps
from portal.about import pages
from portal.about.developers import developers
from portal.about.helping import helping
from portal.about.licences import licence
from portal.about.status import status
from portal.catalogue import catalogue
from portal.charts import chart, chart_file
from portal.contests import contest, contests
from portal.dataset.history import atom, history
from portal.dataset.machine import jsonld
from portal.dataset.map import boundaries, dataset_map
from portal.dataset.page import dataset, filtered
from portal.dataset.why import why
from portal.datasets import datasets, feed, suggest
from portal.demand_list import demand_list, demand_list_file
from portal.departments import department, departments
from portal.duty_list import duty_list, duty_list_file
from portal.figures import city_figures, figures_file, raw_counts
from portal.home import home
from portal.negative_list import negative_list, negative_list_file
from portal.showcases import picture, showcase, showcases
from portal.talk import dataset_talk
from portal.wishes import wish, wishes

urlpatterns = [
    path("", home, name="portal-home"),
    path("datasets", datasets, name="portal-datasets"),
    path("datasets.atom", feed, name="portal-datasets-feed"),
    path("datasets.<slug:kind>", catalogue, name="portal-catalogue"),
    path("datasets/suggest", suggest, name="portal-datasets-suggest"),
    path("datasets/<slug:slug>", dataset, name="portal-dataset"),
    path("datasets/<slug:slug>/filter", filtered, name="portal-dataset-filter"),
    path("datasets/<slug:slug>/map", dataset_map, name="portal-map"),
    path("boundaries.geojson", boundaries, name="portal-boundaries"),
    path("datasets/<slug:slug>/why", why, name="portal-why"),
    path("datasets/<slug:slug>/history", history, name="portal-dataset-history"),
    path("datasets/<slug:slug>.atom", atom, name="portal-dataset-atom"),
    path("datasets/<slug:slug>.jsonld", jsonld, name="portal-dataset-jsonld"),
    path("figures", city_figures, name="portal-figures"),
    path("figures.json", figures_file, name="portal-figures-file"),
    path("figures/<slug:what>.csv", raw_counts, name="portal-figures-raw"),
    path("departments", departments, name="portal-departments"),
    path("departments/<slug:slug>", department, name="portal-department"),
    path("datasets/<slug:slug>/chart", chart, name="portal-chart"),
    path("datasets/<slug:slug>/chart.<slug:kind>", chart_file, name="portal-chart-file"),
    path("negative-list", negative_list, name="portal-negative-list"),
    path("negative-list.<slug:kind>", negative_list_file, name="portal-negative-list-file"),
    path("duty-list", duty_list, name="portal-duty-list"),
    path("duty-list.<slug:kind>", duty_list_file, name="portal-duty-list-file"),
    path("demand-list", demand_list, name="portal-demand-list"),
    path("demand-list.<slug:kind>", demand_list_file, name="portal-demand-list-file"),
    path("datasets/<slug:slug>/talk", dataset_talk, name="portal-talk"),
    path("apps", showcases, name="portal-apps"),
    path("apps/<int:number>", showcase, name="portal-app"),
    path("apps/<int:number>/picture", picture, name="portal-app-picture"),
    path("contests", contests, name="portal-contests"),
    path("contests/<slug:slug>", contest, name="portal-contest"),
    path("wishes", wishes, name="portal-wishes"),
    path("wishes/<int:number>", wish, name="portal-wish"),
    path("about", pages.about, name="portal-about"),
    path("about/help", helping, name="portal-help"),
    path("about/developers", developers, name="portal-developers"),
    path("about/licence", licence, name="portal-licence"),
    path("about/terms", pages.terms, name="portal-terms"),
    path("about/privacy", pages.privacy, name="portal-privacy"),
    path("about/accessibility", pages.accessibility, name="portal-accessibility"),
    path("about/status", status, name="portal-status"),
    path("about/changelog", pages.changelog, name="portal-changelog"),
    path("site-map", sitemaps.site_map, name="portal-site-map"),
    path("sitemap.xml", sitemaps.index, name="portal-sitemap"),
    path("sitemap-pages.xml", sitemaps.pages, name="portal-sitemap-pages"),
    path("sitemap-datasets-<int:number>.xml", sitemaps.datasets, name="portal-sitemap-datasets"),
    path("robots.txt", robots.robots, name="portal-robots"),
    path(".well-known/security.txt", robots.security, name="portal-security"),
    path("i18n/", include("django.conf.urls.i18n")),
]
